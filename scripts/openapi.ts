import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHALLENGE_STEPS, DIALECTS } from '#contract';
import { createLog } from '../server/log.ts';
import { startServer } from '../server/server.ts';

/** `npm run openapi`: writes the documents of the server's APIs to where they are committed. */
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
    swagger: 'on',
    registration: 'on',
    keepAuditDays: 1,
    epochDays: 1,
    widgetSteps: CHALLENGE_STEPS,
    widgetStepSeconds: 8,
    log: createLog('silent'),
  });
  for (const [dialect, { page }] of Object.entries(DIALECTS)) {
    const answer = await server.app.inject(`${page}/json`);
    const document = `${JSON.stringify(answer.json(), null, 2)}\n`;
    await writeFile(new URL(`../server/dialects/${dialect}/openapi.json`, import.meta.url), document);
  }
  await server.close();
} finally {
  await rm(folder, { recursive: true });
}
