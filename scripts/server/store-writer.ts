import { randomTemplate, seeded } from '../../core/matching/testing/random-templates.ts';
import { newFaceId } from '../../core/gallery/index.ts';
import { fileKekProvider } from '../../core/store/index.ts';
import { openPostgresStore } from '../../core/store/postgres/index.ts';

/** Enrols made-up people as a process of its own, and prints how many a second. Arguments: the database, the key file, seconds, how many at once. */
const [url = '', keyFile = '', seconds = '', atOnce = ''] = process.argv.slice(2);
const store = await openPostgresStore({ url, kekProvider: fileKekProvider(keyFile), serves: true });
const account = `writer-${process.pid}`;
await store.soundness.hold(account, 'made-up', 512);
await store.createCollection(account, 'c');
const template = randomTemplate(512, seeded(1));
let count = 0;
const start = performance.now();
const write = async (): Promise<void> => {
  while (performance.now() - start < Number(seconds) * 1000) {
    await store.addFace(account, 'c', {
      faceId: newFaceId(),
      references: [{ modelId: 'made-up', template, quality: 1, source: 'api' }],
    });
    count += 1;
  }
};
await Promise.all(Array.from({ length: Number(atOnce) }, write));
console.log((count / (performance.now() - start)) * 1000);
await store.close();
