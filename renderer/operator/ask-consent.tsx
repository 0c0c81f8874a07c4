import { useState } from 'preact/hooks';
import type { ConsentTerms, ShownFace } from '#contract';
import { t } from '../i18n.ts';
import { Confirm } from '../ui/confirm.tsx';
import { ConsentTick } from './consent-tick.tsx';
import { ask } from './session.ts';

interface Props {
  readonly face: ShownFace;
  readonly terms: ConsentTerms;
  readonly onClose: () => void;
  readonly onNoted: (face: ShownFace) => void;
}

/** Asks somebody who is enrolled to agree to the text in force: they were enrolled elsewhere, or it was another text. */
export function AskConsentDialog({ face, terms, onClose, onNoted }: Props) {
  const [isTicked, setTicked] = useState(false);
  const [tried, setTried] = useState(false);
  const note = async (): Promise<void> => {
    setTried(true);
    if (isTicked) onNoted(await ask('people.edit', { faceId: face.faceId, consented: terms.version }));
  };
  return (
    <Confirm
      title={t('consent.askNow')}
      action={t('consent.note')}
      tone="primary"
      testId="ask-consent"
      onClose={onClose}
      onConfirm={note}
    >
      <ConsentTick terms={terms} value={isTicked} onValue={setTicked} missing={tried && !isTicked} />
    </Confirm>
  );
}
