import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import policy from './chromium-policy.json' with { type: 'json' };
import { kioskPolicy, managedPolicyDir, policyGaps } from './managed-policy.ts';

const ORIGIN = 'http://127.0.0.1:4711';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-policy-'));
  await chmod(dir, 0o755);
});
afterEach(async () => await rm(dir, { recursive: true }));

const write = (name: string, policies: object): Promise<void> =>
  writeFile(join(dir, name), JSON.stringify(policies), { mode: 0o644 });

describe('the policy of a kiosk', () => {
  it('allows one page, and is the one that is installed', () => {
    expect(kioskPolicy(ORIGIN)).toMatchObject({
      URLBlocklist: ['*'],
      URLAllowlist: [ORIGIN],
      VideoCaptureAllowedUrls: [ORIGIN],
      DeveloperToolsAvailability: 2,
      IncognitoModeAvailability: 1,
      PrintingEnabled: false,
      DownloadRestrictions: 3,
      TaskManagerEndProcessEnabled: false,
      AllowFileSelectionDialogs: false,
    });
    expect(kioskPolicy('http://127.0.0.1:8477')).toEqual(policy);
  });

  it('lies where the browser looks', () => {
    expect(managedPolicyDir('/usr/bin/chromium')).toBe('/etc/chromium/policies/managed');
    expect(managedPolicyDir('/usr/bin/google-chrome-stable')).toBe('/etc/opt/chrome/policies/managed');
  });
});

// Only root can make files that count.
describe.runIf(process.getuid?.() === 0)('what is missing of it', () => {
  it('is nothing where all of it is there, in any files', async () => {
    const { URLBlocklist, ...others } = kioskPolicy(ORIGIN);
    await write('a.json', { ...others, HomepageLocation: 'http://elsewhere.example', Unknown: 1 });
    await write('b.json', { URLBlocklist, HomepageLocation: kioskPolicy(ORIGIN)['HomepageLocation'] });
    expect(await policyGaps(dir, ORIGIN)).toEqual([]);
  });

  it.each(Object.keys(policy))('is told without %s', async (name) => {
    await write('lintel.json', { ...kioskPolicy(ORIGIN), [name]: undefined });
    expect(await policyGaps(dir, ORIGIN)).toEqual(['policy-incomplete']);
  });

  it('is told where a later file allows more, or another page is allowed', async () => {
    await write('lintel.json', kioskPolicy(ORIGIN));
    expect(await policyGaps(dir, 'http://127.0.0.1:4712')).toEqual(['policy-incomplete']);
    await write('z.json', { URLAllowlist: [ORIGIN, 'file://*'] });
    expect(await policyGaps(dir, ORIGIN)).toEqual(['policy-incomplete']);
  });

  it('is told where others may change it, where it cannot be read, and where there is none', async () => {
    expect(await policyGaps(join(dir, 'nowhere'), ORIGIN)).toEqual(['policy-missing']);
    expect(await policyGaps(dir, ORIGIN)).toEqual(['policy-missing']);
    await write('lintel.json', kioskPolicy(ORIGIN));
    await chmod(join(dir, 'lintel.json'), 0o664);
    expect(await policyGaps(dir, ORIGIN)).toEqual(['policy-missing']);
    await chmod(join(dir, 'lintel.json'), 0o644);
    await chmod(dir, 0o777);
    expect(await policyGaps(dir, ORIGIN)).toEqual(['policy-missing']);
    await chmod(dir, 0o755);
    await writeFile(join(dir, 'lintel.json'), '{');
    expect(await policyGaps(dir, ORIGIN)).toEqual(['policy-missing']);
  });
});
