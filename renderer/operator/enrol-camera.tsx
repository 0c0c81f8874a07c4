import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { captureJpeg } from '../camera/picture.ts';
import { type GuidanceCode, NO_GUIDANCE } from '../guidance/guidance.ts';
import { watchFaces } from '../guidance/watch.ts';
import { t } from '../i18n.ts';
import { Cue } from '../kiosk/guide.tsx';
import { ObstacleScreen } from '../kiosk/obstacle.tsx';
import { obstacle } from '../screen.ts';
import { Preview } from '../ui/preview.tsx';

/** Pictures of one enrolment, and the time between them: long enough for the face to differ a little. */
const WANTED = 3;
const GAP_MS = 700;
const LOOK_EVERY_MS = 28;

interface Props {
  readonly taken: number;
  readonly onPicture: (picture: Uint8Array<ArrayBuffer>) => void;
  readonly onStart: () => void;
  /** The pictures taken. */
  readonly children: ComponentChildren;
}

/** Takes the pictures by itself once asked to, each when the guidance is followed. */
export function EnrolCamera({ taken, onPicture, onStart, children }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const [guidance, setGuidance] = useState<GuidanceCode>(NO_GUIDANCE.code);
  const [capturing, setCapturing] = useState(false);
  const capture = useRef<(good: boolean, at: number) => void>(() => undefined);
  const captured = useRef({ count: 0, at: -Infinity });

  capture.current = (good, at) => {
    if (!capturing || !good || !video.current || at - captured.current.at < GAP_MS) return;
    captured.current = { count: captured.current.count + 1, at };
    if (captured.current.count === WANTED) setCapturing(false);
    void captureJpeg(video.current).then(onPicture);
  };
  useEffect(() => {
    if (!video.current) return undefined;
    return watchFaces(
      video.current,
      () => LOOK_EVERY_MS,
      ({ guidance, at }) => {
        setGuidance(guidance.code);
        document.body.dataset['guidance'] = guidance.code;
        capture.current(guidance.good, at);
      },
    );
  }, []);
  useEffect(() => () => delete document.body.dataset['guidance'], []);

  const start = (): void => {
    captured.current = { count: 0, at: -Infinity };
    onStart();
    setCapturing(true);
  };
  const label = capturing
    ? t('enrol.capturing', { number: Math.min(taken + 1, WANTED), total: WANTED })
    : t(taken > 0 ? 'enrol.again' : 'enrol.capture');

  return (
    <div class="enrol-camera">
      <Preview video={video} good={guidance === 'hold-still'} progress={taken / WANTED} />
      <div class="enrol-beside">
        {!obstacle.value && <Cue guidance={guidance} />}
        <button
          type="button"
          class="button button-secondary"
          disabled={capturing || obstacle.value !== null}
          data-testid="capture"
          onClick={start}
        >
          {label}
        </button>
        {children}
      </div>
      {obstacle.value && <ObstacleScreen obstacle={obstacle.value} />}
    </div>
  );
}
