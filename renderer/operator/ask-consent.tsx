import { useState } from 'preact/hooks';
import type { ConsentTerms, ShownFace } from '#contract';
import { codeOf } from '../bridge/errors.ts';
import { errorText, t } from '../i18n.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FormError } from '../ui/form-error.tsx';
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
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const note = async (): Promise<void> => {
    setTried(true);
    if (!isTicked) return;
    setBusy(true);
    setError(null);
    try {
      onNoted(await ask('people.edit', { faceId: face.faceId, consented: terms.version }));
    } catch (failure) {
      setError(errorText(codeOf(failure)));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog labelledBy="ask-consent-title" onClose={onClose}>
      <h2 id="ask-consent-title">{t('consent.askNow')}</h2>
      <ConsentTick terms={terms} value={isTicked} onValue={setTicked} missing={tried && !isTicked} />
      <FormError text={error} testId="ask-consent-error" />
      <div class="dialog-buttons">
        <Button tone="secondary" testId="ask-consent-cancel" onClick={onClose}>
          {t('people.cancel')}
        </Button>
        <Button tone="primary" disabled={busy} testId="ask-consent-confirm" onClick={() => void note()}>
          {t('consent.note')}
        </Button>
      </div>
    </Dialog>
  );
}
