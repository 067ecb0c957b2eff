import { systemTime } from '../src/clock.ts';
import { memoryStore } from '../src/store/memory.ts';
import { storeSuite } from './store-suite.ts';

storeSuite('memory', async () => memoryStore(systemTime));
