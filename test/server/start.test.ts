import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { lintel, newInstallation, type Installation } from '../support/appliance.ts';
import { startServer } from '../support/server.ts';

let installation: Installation;

beforeAll(async () => {
  installation = await newInstallation();
});
afterAll(() => installation.remove());
afterEach(() => void vi.unstubAllEnvs());

/** What a server says that does not start, and its exit status. */
async function refusal(...args: string[]): Promise<string> {
  const server = await startServer(installation, ...args).catch((error: unknown) => error);
  if (!(server instanceof Error)) throw new Error('It started.');
  expect(server.message).not.toMatch(/^ *at /m);
  expect(server.message).not.toContain('[internal]');
  return server.message;
}

describe('a server that cannot start', () => {
  it('names a busy port, and prints the first key once it starts', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const said = await refusal('--port', String(port));
    expect(said).toMatch(/ended with 2.*port \d+: it is in use\) \[address-unavailable\]/s);
    other.close();
    const server = await startServer(installation);
    expect(server.output()).toContain('was created');
    await server.stop();
  });

  it('names an address that is not of this machine', async () => {
    expect(await refusal('--host', '192.0.2.1')).toMatch(
      /ended with 2.*192\.0\.2\.1.*\[address-unavailable\]/s,
    );
  });

  it('leaves the folder to the one that runs, whose commands go on working', async () => {
    const server = await startServer(installation);
    expect(await refusal()).toMatch(/ended with 2.*\[already-running\]/s);
    expect(await lintel(installation, 'account', 'list')).toMatchObject({ status: 0 });
    expect(await lintel(installation, 'backup', 'create', join(installation.data, '../x.bak'))).toMatchObject(
      {
        status: 0,
      },
    );
    await rm(join(installation.data, 'running.lock'));
    expect(await refusal()).toMatch(/ended with 2.*\(process \d+\) \[already-running\]/s);
    server.process.kill('SIGKILL');
    await once(server.process, 'exit');
    await (await startServer(installation)).stop();
  });

  it('says what is wrong with its options', async () => {
    const [file, missing] = [join(installation.data, '..', 'file'), '/nowhere/tls.pem'];
    await writeFile(file, 'text');
    expect(await refusal('--port', 'x')).toMatch(/ended with 2.*not a whole number/s);
    expect(await refusal('--tls-cert', file)).toMatch(/ended with 2.*\[usage\]/s);
    expect(await refusal('--tls-cert', missing, '--tls-key', file)).toMatch(
      /ended with 2.*cannot be read.*\[usage\]/s,
    );
    expect(await refusal('--tls-cert', file, '--tls-key', file)).toMatch(/ended with 2.*in PEM.*\[usage\]/s);
    expect(await refusal('--data', file)).toMatch(/ended with 2.*\[file-exists\]/s);
    // The name of a file forges no line.
    const forging = `${missing}\nlintel server: all is well`;
    expect(await refusal('--tls-cert', forging, '--tls-key', file)).not.toMatch(
      /^lintel server: all is well/m,
    );
    vi.stubEnv('LINTEL_LOG_LEVEL', 'loud');
    expect(await refusal()).toMatch(/ended with 2.*LINTEL_LOG_LEVEL.*\[usage\]/s);
  });
});
