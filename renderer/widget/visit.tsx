import { useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { type CameraStatus, cameraStatus, closeCamera, preferCamera } from '../camera/camera.ts';
import { loadLandmarker, vision } from '../guidance/landmarker.ts';
import { watchFaces } from '../guidance/watch.ts';
import { errorText, type TextKey, t } from '../i18n.ts';
import { Guide } from '../kiosk/guide.tsx';
import { KioskController } from '../kiosk/kiosk-controller.ts';
import { NotRecognised, TryAgain } from '../kiosk/outcomes.tsx';
import { useScreen } from '../ui/announce.tsx';
import { Button } from '../ui/button.tsx';
import { Notice } from './notice.tsx';
import { tell } from './page.ts';
import { stopped } from './page-bridge.ts';

interface Props {
  readonly onDone: () => void;
  readonly onEnd: () => void;
}

const CAMERA_TEXTS = {
  starting: null,
  live: null,
  missing: 'widget.noCamera',
  lost: 'widget.cameraLost',
  denied: 'widget.cameraDenied',
} as const satisfies Record<CameraStatus, TextKey | null>;

/** From the opening of the camera to an answer, by the machine of the kiosk. */
export function Visit({ onDone, onEnd }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const kiosk = useMemo(() => new KioskController(null, null), []);
  const hasBegun = useRef(false);
  const state = kiosk.state.value;
  const cameraText = CAMERA_TEXTS[cameraStatus.value];
  const isReady = cameraStatus.value === 'live' && vision.value === 'ready';
  const { screen } = state;
  const guiding = screen === 'guide' || screen === 'recognising';
  const reason = state.screen === 'try-again' ? state.reason : null;

  useEffect(() => {
    if (vision.peek() !== 'ready') void loadLandmarker();
    preferCamera(null);
    const end = kiosk.run();
    return () => {
      end();
      closeCamera();
    };
  }, [kiosk]);
  useEffect(() => {
    if (!video.current) return undefined;
    return watchFaces(video.current, kiosk.pace, (sight) => {
      // An answer stays until its person wants another try: each uses the page's token.
      const { screen } = kiosk.state.peek();
      if (screen === 'guide' || screen === 'recognising') kiosk.see(sight);
    });
  }, [kiosk]);
  useSignalEffect(() => {
    const isReady = cameraStatus.value === 'live' && vision.value === 'ready';
    if (!isReady || hasBegun.current) return;
    hasBegun.current = true;
    kiosk.start();
  });
  useEffect(() => {
    if (screen === 'welcome') onDone();
    if (screen === 'attract' && hasBegun.current) onEnd();
    if (screen === 'code') tell({ widget: 'failed', code: 'CHALLENGE_IMPOSSIBLE', message: screen });
    if (reason === 'step-timeout') tell({ widget: 'failed', code: 'STEP_TIMEOUT', message: reason });
  }, [screen, reason]);
  useScreen(screen, guiding ? kiosk.guidance.value : undefined);

  const back = (
    <Button tone="quiet" testId="back" onClick={onEnd}>
      {t('widget.back')}
    </Button>
  );
  const final = stopped.value;
  return (
    <>
      <Guide video={video} kiosk={kiosk} shown={guiding && isReady} onLeave={onEnd} />
      {final === null && !isReady && cameraText === null && (
        <Notice kind="plain" icon={null} title={t('starting.title')} hint={t('widget.allow')}>
          {back}
        </Notice>
      )}
      {final === null && cameraText !== null && (
        <Notice kind="plain" icon="camera-off" title={t('camera.lost.title')} hint={t(cameraText)}>
          {back}
        </Notice>
      )}
      {final !== null && (
        <Notice kind="neutral" icon="info" title={t('widget.over')} hint={errorText(final)} />
      )}
      {final === null && isReady && screen === 'not-recognised' && (
        <NotRecognised emptyGallery={false} hints={state.hints} onRetry={kiosk.start} />
      )}
      {final === null && isReady && state.screen === 'try-again' && (
        <TryAgain reason={state.reason} hints={state.hints} onRetry={kiosk.start} />
      )}
      {final === null && isReady && screen === 'code' && (
        <Notice kind="neutral" icon="info" title={t('widget.impossible')} hint={t('widget.otherWay')}>
          {back}
        </Notice>
      )}
    </>
  );
}
