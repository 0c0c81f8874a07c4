import { SESSION_ID_DIGITS } from '#contract';
import { cameraStatus } from '../camera/camera.ts';
import { errorText, t } from '../i18n.ts';
import { PinPad } from '../ui/pin-pad.tsx';
import type { KioskController } from './kiosk-controller.ts';
import type { EnteringCode } from './kiosk-state.ts';

/** Digits of an access code (contract: `people.give-code`), and of a face session's id. */
const CODE_LENGTH = { least: 8, most: SESSION_ID_DIGITS } as const;

interface Props {
  readonly state: EnteringCode;
  readonly kiosk: KioskController;
}

/** Entry of a code, for visitors who cannot or do not want to show a face. */
export function CodeEntry({ state: { error, visit }, kiosk }: Props) {
  return (
    <section class="notice code-entry" onPointerDown={kiosk.touched} onKeyDown={kiosk.touched}>
      <PinPad
        title={t('code.title')}
        hint={cameraStatus.value === 'live' ? `${t('code.hint')} ${t('code.show')}` : t('code.hint')}
        error={error && (error === 'code-wrong' ? t('code.wrong') : errorText(error))}
        busy={visit !== null}
        length={CODE_LENGTH}
        onPin={kiosk.enterCode}
        onBack={kiosk.back}
      />
    </section>
  );
}
