import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SyncStatus } from '#contract';
import { lintel, mustRun, newInstallation, type Installation } from '../support/appliance.ts';
import { faultsOf } from '../support/faults.ts';
import { startKiosk, type Kiosk } from '../support/kiosk.ts';
import { photoOf } from '../support/photo.ts';
import { choosePin, waitForScreen } from '../support/screen.ts';
import { API_KEY, PageServer, pictureOf } from '../sync/page-server.ts';

const KEY = 'E-1042';
const collectionId = 'default';

/** A kiosk that gave Robin a key which is another person's at a server with the Realeyes API alone. The tests follow each other. */
describe('what the server refuses', () => {
  let server: PageServer;
  let installation: Installation;
  let kiosk: Kiosk;
  let page: Page;
  let holder: string;
  let refused: SyncStatus['parked'][number];

  const parked = async () => SyncStatus.parse((await lintel(installation, 'sync', 'status')).answer).parked;
  const holders = () => server.ask('GET /v1/external-key/get-face-ids', { collectionId, externalKey: KEY });
  const announced = async (text: string): Promise<void> =>
    await page.locator('[data-testid="announcement"]', { hasText: text }).waitFor({ state: 'attached' });

  beforeAll(async () => {
    [server, installation] = await Promise.all([
      PageServer.start(),
      newInstallation({ keepImages: 'always' }),
    ]);
    server.ask('POST /v1/collection/create', { collectionId });
    const image = { bytes: pictureOf(1, 'elsewhere').toString('base64') };
    ({ faceId: holder } = server.ask('POST /v1/face/index', { collectionId, image }) as { faceId: string });
    server.ask('PUT /v1/external-key/set', { collectionId, faceId: holder, externalKey: KEY });
    const photo = await photoOf(installation, 'Robin');
    const named = ['--collection', collectionId, '--key', KEY, '--name', 'Robin'];
    await mustRun(installation, 'enrol', ...named, photo);
    vi.stubEnv('LINTEL_API_KEY', API_KEY);
    await mustRun(installation, 'connect', '--server', server.origin);
    kiosk = await startKiosk(installation, { clip: null });
    ({ page } = kiosk.screen);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await Promise.all([server.stop(), kiosk.remove()]);
  });

  it('is listed with what it is, when it was done and why it is refused', async () => {
    await waitForScreen(page, 'camera-missing');
    await choosePin(page, kiosk.appliance.setupCode, '271828');
    await page.getByTestId('standing').filter({ hasText: 'Please look' }).click();
    const items = page.getByTestId('parked').getByRole('listitem');
    await items.waitFor();
    [refused] = (await parked()) as [typeof refused];
    const when = await page.evaluate<string>(
      `new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' }).format(new Date('${refused.at}'))`,
    );
    expect(await items.allInnerTexts()).toEqual([
      `A person was enrolled ${when}\nAnother person has this external key.`,
    ]);
    expect.soft(await faultsOf(page, 'server-refused')).toEqual([]);
  });

  it('is sent once more, and listed again where the server still refuses it', async () => {
    await page.getByTestId('retry').click();
    await announced('They will be sent again');
    await expect.poll(parked).toMatchObject([{ code: 'external-key-in-use' }]);
    expect((await parked())[0]!.number).toBeGreaterThan(refused.number);
    await page.locator('[data-testid="parked"] [data-code="external-key-in-use"]').waitFor();
    expect(holders()).toEqual({ faceIds: [holder] });
  });

  it('is no longer listed once the server takes it', async () => {
    server.ask('DELETE /v1/external-key/delete', { collectionId, externalKey: KEY });
    await page.getByTestId('retry').click();
    await page.getByTestId('parked').waitFor({ state: 'detached' });
    const isNew = expect.not.stringMatching(holder) as string;
    await expect.poll(holders).toEqual({ faceIds: [isNew] });
    await page.getByText('In step with the server').first().waitFor();
    expect(await parked()).toEqual([]);
    expect(await page.getByTestId('parked').count()).toBe(0);
  });
});
