"""Nothing lost, nothing twice, and health that tells the truth, whatever the seed lets go wrong."""

import time
from simulation.story import Story


def test_it(simulated_server, simulated_home):
    for seed in range(10):
        t=time.process_time(); w=time.time()
        s=Story(seed, simulated_server, simulated_home)
        try:
            s.run()
        except BaseException as e:
            print("\n".join(s.log))
            print(s.world.cloud.paging, [ (e.event_id, e.at) for e in s.world.published[s.watched["one"]]][:5], simulated_server.rows("select external_id, event_time from events order by event_time limit 5"))
            raise
        print(seed, time.process_time()-t, time.time()-w, len(s.log), s.network.requests, s.interval, s.fire)
    print("\n".join(s.log))
