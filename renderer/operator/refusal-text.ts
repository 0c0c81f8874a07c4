import { codeOf } from '../bridge/errors.ts';
import { errorText, t } from '../i18n.ts';
import { ask } from './session.ts';

/** What to say of a refusal; of a key that another person has, also who that is. */
export async function refusalText(failure: unknown, key: string): Promise<string> {
  const code = codeOf(failure);
  if (code !== 'external-key-in-use') return errorText(code);
  const found = await ask('people.list', { query: key, offset: 0, limit: 100 }).catch(() => null);
  const holder = found?.faces.find(({ externalKey }) => externalKey === key);
  return holder?.metadata.name ? t('enrol.keyTaken', { name: holder.metadata.name }) : errorText(code);
}
