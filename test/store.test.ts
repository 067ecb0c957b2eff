import { memoryStore } from '../src/store/memory.ts';
import { systemTime } from '../src/system/clock.ts';
import { storeSuite } from './store-suite.ts';

storeSuite('memory', async () => memoryStore(systemTime));
