import { join } from 'node:path';
import { LOCAL_ACCOUNT } from '#core/store';
import { openSettings } from '../settings/index.ts';
import type { Answer, InCollection } from './commands.ts';
import { consentOf } from './consent-way.ts';
import { faceIdNamed } from './face-named.ts';
import { periodGiven } from './moments.ts';
import { withStore, type InStore } from './store-access.ts';

/**
 * Note that a person who is enrolled agrees to the text in force.
 * @throws LintelError `usage`, `consent-missing` where there is no text, `face-not-found`
 */
export async function giveConsent(
  options: InCollection & { face?: string; key?: string; by: string },
): Promise<Answer> {
  const { collection } = options;
  const { current } = await openSettings(join(options.data, 'settings.json'));
  const consent = consentOf(current, options.by);
  return await withStore(options, async (store) => {
    const faceId = await faceIdNamed(options, (key) =>
      store.faceIdsByExternalKey(LOCAL_ACCOUNT, collection, key),
    );
    const { name } = (await store.getFace(LOCAL_ACCOUNT, collection, faceId)).metadata;
    await store.setMetadata(LOCAL_ACCOUNT, collection, faceId, {
      ...(name !== undefined && { name }),
      ...(consent && { consent }),
    });
    return { json: { faceId, consent }, text: `${faceId} agreed to the text ${current.consent?.version}.` };
  });
}

/** How often visitors were offered a way without a face, and took one. @throws LintelError `usage` */
export async function reportAlternatives(
  options: InStore & { from?: string; until?: string },
): Promise<Answer> {
  const { from, until } = periodGiven(options);
  const tally = await withStore(options, ({ events }) => events.tally(from, until));
  const sum = (isOne: (each: (typeof tally)[number]) => boolean): number =>
    tally.filter(isOne).reduce((total, { count }) => total + count, 0);
  const report = {
    from,
    until,
    offered: sum(({ kind }) => kind === 'alternative-offered'),
    chosen: sum(({ kind }) => kind === 'alternative-chosen'),
    operatorCalled: sum(({ kind }) => kind === 'operator-called'),
    codesAccepted: sum(({ level, outcome }) => level === 'code' && outcome === 'granted'),
    decisions: sum(({ kind }) => kind === 'decision'),
  };
  return {
    json: report,
    text: [
      `The notice was shown ${report.offered} times; ${report.chosen} visitors went without a face.`,
      `${report.codesAccepted} codes were accepted, of ${report.decisions} decisions; an operator was called ${report.operatorCalled} times.`,
    ].join('\n'),
  };
}
