import { describeStore } from './store-suite.ts';
import { MemoryStore } from './memory-store.ts';
import { MemoryPlace } from './memory-place.ts';

describeStore(() => {
  const place = new MemoryPlace();
  return Promise.resolve(() => Promise.resolve(new MemoryStore(place)));
});
