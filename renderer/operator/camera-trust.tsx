import { useEffect, useState } from 'preact/hooks';
import type { CameraFinding, CameraState } from '#contract';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';
import { errorText, t } from '../i18n.ts';
import { Button } from '../ui/button.tsx';
import { FormError } from '../ui/form-error.tsx';
import { ask } from './session.ts';

const WORDS = {
  'camera-unknown': 'settings.cameraUnknown',
  'camera-virtual': 'settings.cameraVirtual',
  'camera-changed': 'settings.cameraChanged',
} as const satisfies Record<CameraFinding, string>;

/** What speaks against the cameras of this machine, and the button that takes them for its own; nothing where all is well. */
export function CameraTrust() {
  const [state, setState] = useState<CameraState | null>(null);
  const [error, setError] = useState<KioskErrorCode | null>(null);
  const load = async (channel: 'cameras.state' | 'cameras.confirm'): Promise<void> => {
    try {
      setState(await ask(channel, {}));
      setError(null);
    } catch (failure) {
      setError(codeOf(failure));
    }
  };
  useEffect(() => void load('cameras.state'), []);
  if (error !== null) return <FormError text={errorText(error)} />;
  if (state === null || (state.findings.length === 0 && !state.isFakeAllowed)) return null;
  return (
    <div class="setting setting-alert" role="status" data-testid="camera-trust">
      {state.isFakeAllowed && <p>{t('settings.cameraFake')}</p>}
      {state.findings.map((finding) => (
        <p key={finding}>{t(WORDS[finding])}</p>
      ))}
      {state.findings.includes('camera-changed') && (
        <>
          <ul>
            {state.cameras?.map(({ name, path }) => (
              <li key={path}>
                <bdi dir="ltr">{`${name} (${path})`}</bdi>
              </li>
            ))}
          </ul>
          <Button tone="secondary" testId="camera-confirm" onClick={() => void load('cameras.confirm')}>
            {t('settings.cameraConfirm')}
          </Button>
        </>
      )}
    </div>
  );
}
