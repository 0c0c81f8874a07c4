import { expect, it } from 'vitest';
import { Settings } from '#contract';
import { consentOf } from './consent-way.ts';

const terms = { version: 'v2', purpose: 'check-in', text: 'I agree.' };

it('says that no text is set, and where one is, to whom notes that somebody agreed', () => {
  expect(() => consentOf(Settings.parse({}), 'signature')).toThrow(
    expect.objectContaining({
      code: 'consent-missing',
      message: expect.stringMatching(/^No text is set.*Settings.*lintel settings set consent/),
    }),
  );
  expect(consentOf(Settings.parse({ consent: terms }), 'signature')).toMatchObject({ version: 'v2' });
  expect(() => consentOf(Settings.parse({ consent: terms }))).toThrow(/has to agree/);
  expect(() => consentOf(Settings.parse({}), 'nod')).toThrow(/tick or signature/);
});
