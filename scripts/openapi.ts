import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../server/log.ts';
import { startServer } from '../server/server.ts';

/** `npm run openapi`: writes the document of the server's APIs to where it is committed. */
const folder = await mkdtemp(join(tmpdir(), 'lintel-openapi-'));
try {
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    data: folder,
    keyFile: join(folder, 'key'),
    imageUrl: 'off',
    keepImages: 'until-embedded',
    models: 'default',
    rateLimit: 1,
    keepAuditDays: 1,
    log: createLog('silent'),
  });
  const document = `${JSON.stringify(server.app.swagger(), null, 2)}\n`;
  await writeFile(new URL('../server/openapi.json', import.meta.url), document);
  await server.close();
} finally {
  await rm(folder, { recursive: true });
}
