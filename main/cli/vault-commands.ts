import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LintelError, type ModelChoice, SetBackDecision } from '#contract';
import { createBackup, restoreBackup, verifyBackup, type RevokedAgain } from '#core/backup';
import { createKeyFile, rotateDataKey, rotateKeyEncryptionKey } from '#core/store';
import { weightsDirOf } from '../appliance/index.ts';
import { examine } from '../doctor/index.ts';
import { kekProviderFrom, type KeyChoice } from '../secrets/index.ts';
import { keepReceipt, readReceipt, receiptsDirOf, receiptsIn } from '../receipts/index.ts';
import { openSettings, retentionSchedule, type RetentionLine } from '../settings/index.ts';
import { membershipOf } from '../sync/index.ts';
import { applyRetention, eraseUnseen, trustClock } from '#core/upkeep';
import { MODELS, type Answer } from './commands.ts';
import { joinedBefore, leftBehind, leftBehindText } from './left-behind.ts';
import { placeOf, placeOfStore, withStore, type InStore } from './store-access.ts';

const ACTOR = 'command-line';

/** The key of a backup, where it is not that of the store. */
interface BackupKey {
  readonly backupKeyFile?: string;
  readonly backupPassphraseFile?: string;
}

/** Write a backup while the appliance runs. */
export async function backUp(file: string, options: InStore & BackupKey): Promise<Answer> {
  const header = await createBackup(await placeOfStore(options), file, {
    actor: ACTOR,
    seal: backupKeyOf(options),
  });
  const { faces, createdAt, stateHash } = header;
  return { json: { file, faces, createdAt, stateHash }, text: `${faces} faces backed up to ${file}.` };
}

export async function checkBackup(file: string, options: InStore & BackupKey): Promise<Answer> {
  const { header, auditLines } = await verifyBackup(file, backupKeyOf(options));
  const { faces, createdAt, stateHash } = header;
  return {
    json: { faces, createdAt, stateHash, auditLines },
    text: `Sound: ${faces} faces and ${auditLines} lines of audit log, as of ${createdAt}.`,
  };
}

/** Restores a backup. The faces that receipts name stay erased: receipts that are given, and those in the data folder. */
export async function restore(
  file: string,
  options: InStore & BackupKey & { receipts?: string[]; replace?: boolean },
): Promise<Answer> {
  const folder = receiptsDirOf(options.data);
  const own = (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
  const receipts = await Promise.all([...own, ...(options.receipts ?? [])].map(readReceipt));
  const place = placeOf(options);
  const before = options.replace === true ? await joinedBefore(place) : null;
  const { header, erasedAgain, ...revoked } = await restoreBackup(file, place, {
    actor: ACTOR,
    unseal: backupKeyOf(options),
    receipts,
    replace: options.replace ?? false,
  });
  const faces = header.faces - erasedAgain;
  const left = await leftBehind(place, before);
  return {
    json: { faces, erasedAgain, ...revoked, createdAt: header.createdAt, leftBehind: left },
    text: `${faces} faces restored as of ${header.createdAt}; ${erasedAgain} erased since stay erased.${revokedText(revoked)}${leftBehindText(left)}`,
  };
}

function revokedText({ revokedAgain, isAllRevoked, operatorsTaken }: RevokedAgain): string {
  const operators = operatorsTaken.map(({ operatorId, role }) => `${operatorId} (${role})`).join(', ');
  return [
    revokedAgain.length === 0 ? '' : ` Changed or revoked since, and again: ${revokedAgain.join(', ')}.`,
    operators === '' ? '' : ` The operators stay those of now: ${operators}. Remove whom you do not know.`,
    isAllRevoked
      ? ''
      : ' Warning: nothing here tells of all API keys, appliances, cards and PINs that were revoked since the backup. Any other works again: revoke it anew.',
  ].join('');
}

/** A key file before there is a store, such as the one that a systemd unit passes on. */
export async function makeKeyFile(file: string): Promise<Answer> {
  await createKeyFile(file);
  return { json: { file }, text: newKeyText(file) };
}

const newKeyText = (file: string): string =>
  `A new key was made in ${file}. Keep a copy of it apart from the store: without it the store cannot be opened.`;

export async function changeKeyEncryptionKey(
  options: InStore & { toKeyFile?: string; toPassphraseFile?: string },
): Promise<Answer> {
  const { toKeyFile: keyFile, toPassphraseFile: passphraseFile } = options;
  if (keyFile === undefined && passphraseFile === undefined) {
    throw new LintelError('usage', 'Name the new key: --to-key-file or --to-passphrase-file.');
  }
  const isMade = keyFile !== undefined && !existsSync(keyFile);
  await rotateKeyEncryptionKey(
    await placeOfStore(options),
    kekProviderFrom({ keyFile, passphraseFile }),
    ACTOR,
  );
  const from =
    keyFile === undefined ? 'LINTEL_PASSPHRASE_FILE or --passphrase-file' : 'LINTEL_KEY_FILE or --key-file';
  return {
    json: { changed: true, made: isMade },
    text: [
      ...(isMade ? [newKeyText(keyFile)] : []),
      `The store opens with the new key. From its next start on the appliance needs it, and commands do now: ${from}.`,
      'The former one still opens the backups it sealed.',
    ].join('\n'),
  };
}

export async function changeDataKey(options: InStore): Promise<Answer> {
  await rotateDataKey(await placeOfStore(options), ACTOR);
  return { json: { changed: true }, text: 'The store is encrypted with a new key.' };
}

export async function renewTemplates(options: InStore): Promise<Answer> {
  const renewed = await withStore(options, (store) => store.renewProtection());
  return { json: { renewed }, text: `${renewed} templates rotated by a new secret.` };
}

/** What is kept for how long, and, unless that alone is asked for, its application. */
export async function retain(
  options: InStore & { trustClock?: boolean; schedule?: boolean },
): Promise<Answer> {
  const { current } = await openSettings(join(options.data, 'settings.json'));
  return await withStore(options, async (store) => {
    const isPaired = (await membershipOf(store)) !== null;
    const schedule = retentionSchedule(current, isPaired);
    const lines = schedule.map(retentionText);
    if (options.schedule === true) return { json: { schedule }, text: lines.join('\n') };
    if (options.trustClock === true) await trustClock(store);
    const removed = await applyRetention(store, current);
    const people = isPaired
      ? 0
      : await eraseUnseen(store, current, (receipt) => keepReceipt(options.data, receipt));
    const text = `${people} people, ${removed.images} images and ${removed.auditEntries} audit entries removed.`;
    return { json: { ...removed, people, schedule }, text: [...lines, text].join('\n') };
  });
}

const retentionText = ({ what, days, rule }: RetentionLine): string =>
  `${what}: ${days === null || days === 0 ? '' : `${days} days `}${rule}.`;

/** Whether the store is an older copy of itself, or what is to become of one. */
export async function setBack(decision: string | undefined, options: InStore): Promise<Answer> {
  const chosen = SetBackDecision.optional().safeParse(decision);
  if (!chosen.success) throw new LintelError('usage', `Decide ${SetBackDecision.options.join(' or ')}.`);
  return await withStore(options, async (store) => {
    await store.lineage.checkReceipts(await receiptsIn(options.data));
    const found = await store.lineage.pending();
    if (found === null || chosen.data === undefined) {
      return {
        json: { setBack: found },
        text:
          found === null
            ? 'This is the newest copy of the store, as far as can be told.'
            : `The store was set back (${found.evidence.join(', ')}); receipts name ${found.people} erased people who are in it or could come back. Decide: ${SetBackDecision.options.map((each) => `lintel set-back ${each}`).join(' or ')}.`,
      };
    }
    const erasedAgain = await store.settleSetBack(chosen.data);
    return { json: { decision: chosen.data, erasedAgain }, text: `Decided. ${erasedAgain} erased again.` };
  });
}

/** @returns with `healthy: false` when a step found something */
export async function doctor(
  options: InStore & { readonly models: ModelChoice; readonly repair?: true },
): Promise<Answer> {
  const { dir, kekProvider } = placeOf(options);
  const networks = { weightsDir: weightsDirOf(MODELS), set: options.models };
  const steps = await examine(dir, kekProvider, networks, { repair: options.repair ?? false });
  const lines = steps.flatMap(({ step, what, ok, detail, advice }) => [
    `${step}. ${what}: ${ok ? 'yes' : 'NO'} (${detail})`,
    ...(advice === null ? [] : [`   What to do: ${advice}`]),
  ]);
  const healthy = steps.every(({ ok }) => ok);
  return { json: { healthy, steps }, text: lines.join('\n') };
}

const backupKeyOf = (options: InStore & BackupKey) => {
  const choice: KeyChoice = {
    keyFile: options.backupKeyFile,
    passphraseFile: options.backupPassphraseFile,
  };
  const isNamed = choice.keyFile !== undefined || choice.passphraseFile !== undefined;
  return kekProviderFrom(isNamed ? choice : options);
};
