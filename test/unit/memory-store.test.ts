import { createMemoryStore } from '../../src/store/memory.ts';
import { systemTime } from '../../src/system/clock.ts';
import { storeSuite } from '../support/store-suite.ts';

storeSuite('memory', async () => createMemoryStore(systemTime));
