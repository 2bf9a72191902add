"""A stop of a machine matters when the machine was in active use; its stored history says whether it was."""

from datetime import timedelta
from itertools import permutations

import pytest
from support import query

from app.collection.manage import add_connector
from app.collection.poll import poll

VM = "resourceGroups/rg-test/providers/Microsoft.Compute/virtualMachines/web-1"
STOP = "Microsoft.Compute/virtualMachines/deallocate/action"
OFF = "Microsoft.Compute/virtualMachines/powerOff/action"
START = "Microsoft.Compute/virtualMachines/start/action"


async def severities(service):
    """Return {operation id: severities of its records} in order of time."""
    rows = await query(service, "SELECT operation_id, severity::text FROM events ORDER BY event_time")
    found = {}
    for row in rows:
        found.setdefault(row["operation_id"], set()).add(row["severity"])
    return list(found.values())


def history(lab, *names, vm=VM, **parts):
    """Return the records of operations ten minutes apart, the last one ten minutes ago."""
    now = lab.clock.now()
    return [
        lab.operation(name, now - timedelta(minutes=10 * (len(names) - n)), resource=vm, **parts)
        for n, name in enumerate(names)
    ]


async def stored(service, row, lab, *operations):
    for records in operations:
        lab.publish(records)
    result = await poll(service, row)
    assert result.error is None
    return await severities(service)


async def test_a_machine_with_no_known_history_counts_as_in_active_use(service, row, lab):
    assert await stored(service, row, lab, *history(lab, STOP)) == [{"medium"}]


async def test_a_second_stop_of_a_stopped_machine_is_info(service, row, lab):
    assert await stored(service, row, lab, *history(lab, OFF, STOP)) == [{"medium"}, {"info"}]


async def test_a_machine_started_again_is_in_active_use(service, row, lab):
    found = await stored(service, row, lab, *history(lab, STOP, START, STOP))
    assert found == [{"medium"}, {"info"}, {"medium"}]


async def test_the_records_of_one_stop_do_not_make_each_other_idle(service, row, lab):
    assert await stored(service, row, lab, *history(lab, STOP, accepted=True)) == [{"medium"}]


async def test_a_stop_that_azure_reports_as_succeeded_twice_is_one_stop(service, row, lab):
    (records,) = history(lab, STOP, accepted=True)
    accepted, succeeded = records[1:]
    succeeded_twice = accepted | {"status": succeeded["status"]}
    assert await stored(service, row, lab, [records[0], succeeded_twice, succeeded]) == [{"medium"}]


async def test_without_operation_ids_a_shared_correlation_does_not_make_two_stops_one(service, row, lab):
    shared = {"operationId": "", "correlationId": "11111111-2222-4333-8444-555555555555"}
    first, second = ([record | shared for record in records] for records in history(lab, OFF, STOP))
    await stored(service, row, lab, first, second)
    rows = await query(service, "SELECT severity::text FROM events ORDER BY event_time")
    assert [found["severity"] for found in rows] == ["medium", "medium", "info", "info"]


async def test_a_stop_that_failed_leaves_the_machine_in_use(service, row, lab):
    failed = lab.operation(STOP, lab.clock.now() - timedelta(minutes=20), resource=VM, outcome="Failed")
    assert await stored(service, row, lab, failed, *history(lab, STOP)) == [{"medium"}, {"medium"}]


async def test_a_failed_stop_of_an_idle_machine_stays_medium_as_a_failed_write(service, row, lab):
    failed = lab.operation(STOP, lab.clock.now() - timedelta(minutes=5), resource=VM, outcome="Failed")
    await stored(service, row, lab, *history(lab, STOP), failed)
    (last,) = await query(service, "SELECT severity::text, severity_reason FROM events WHERE outcome = 'failure'")
    assert last == {"severity": "medium", "severity_reason": "stops a virtual machine in active use"}


async def test_another_machines_history_does_not_count(service, row, lab):
    other = history(lab, STOP, STOP, vm=VM.replace("web-1", "web-2"))[0]
    assert await stored(service, row, lab, other, *history(lab, STOP)) == [{"medium"}, {"medium"}]


async def test_letter_case_does_not_make_another_machine(service, row, lab):
    first = history(lab, STOP, STOP, vm=VM.upper())[0]
    assert await stored(service, row, lab, first, *history(lab, STOP)) == [{"medium"}, {"info"}]


async def test_an_instance_of_a_scale_set_is_a_machine(service, row, lab):
    vm = "resourceGroups/rg-test/providers/Microsoft.Compute/virtualMachineScaleSets/set/virtualMachines/0"
    stop = "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/deallocate/action"
    assert await stored(service, row, lab, *history(lab, stop, stop, vm=vm)) == [{"medium"}, {"info"}]


async def test_a_whole_scale_sets_stop_is_never_lowered_as_it_may_name_some_instances_only(service, row, lab):
    vm = "resourceGroups/rg-test/providers/Microsoft.Compute/virtualMachineScaleSets/set"
    stop = "Microsoft.Compute/virtualMachineScaleSets/deallocate/action"
    assert await stored(service, row, lab, *history(lab, stop, stop, vm=vm)) == [{"medium"}, {"medium"}]


@pytest.mark.parametrize("order", list(permutations(range(4)))[::3], ids=str)
async def test_the_order_in_which_records_arrive_changes_no_severity(service, lab, order):
    row = await add_connector(service, "azure_activity", "wide", lab.config(overlap_seconds=7200))
    operations = history(lab, STOP, START, OFF, STOP)
    for position in order:
        lab.publish(operations[position])
        assert (await poll(service, row)).error is None
    assert await severities(service) == [{"medium"}, {"info"}, {"medium"}, {"info"}]
