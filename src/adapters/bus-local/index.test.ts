import { silentLogger as log } from '#base/log.ts';
import { describeBus } from '#ports/bus.suite.ts';
import { createLocalBus } from './index.ts';

describeBus('local', async () => createLocalBus({ log }));
