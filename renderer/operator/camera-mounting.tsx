import { useEffect, useRef, useState } from 'preact/hooks';
import { QuarterTurn, type Settings } from '#contract';
import { captureJpeg } from '../camera/picture.ts';
import { t } from '../i18n.ts';
import { obstacle } from '../screen.ts';
import { announce } from '../ui/announce.tsx';
import { Button } from '../ui/button.tsx';
import { Segments } from '../ui/segments.tsx';
import { CameraVideo } from '../ui/video.tsx';
import { ask } from './session.ts';
import { SwitchField } from './switch-field.tsx';

/** Milliseconds between two looks, and until nobody is waited for any more. */
const LOOK_MS = 700;
const PATIENCE_MS = 30_000;

type Mounting = Pick<Settings, 'cameraTurn' | 'cameraMirrored'>;

interface Props {
  readonly value: Mounting;
  readonly onValue: (value: Partial<Mounting>) => void;
}

/** How the camera hangs: set by hand, or found by somebody who stands before it. */
export function CameraMounting({ value: { cameraTurn, cameraMirrored }, onValue }: Props) {
  const [isFinding, setFinding] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const isBlocked = isFinding || obstacle.value !== null;
  const find = (): void => {
    setSaid(null);
    setFinding(true);
  };
  const end = (text: string): void => {
    setFinding(false);
    setSaid(text);
    announce(text);
  };
  const found = (turn: QuarterTurn): void => {
    const next = QuarterTurn.parse((cameraTurn + turn) % 360);
    if (next !== cameraTurn) onValue({ cameraTurn: next });
    end(t(next === 0 ? 'settings.turnUpright' : 'settings.turnFound', { degrees: next }));
  };
  return (
    <>
      <fieldset class="setting" aria-describedby="turn-hint">
        <legend>{t('settings.turn')}</legend>
        <p id="turn-hint" class="hint">
          {t('settings.turnHint')}
        </p>
        <Segments
          name="turn"
          options={QuarterTurn.options.map(({ value }) => value)}
          value={cameraTurn}
          textOf={(degrees) => t('settings.turnValue', { degrees })}
          onValue={(turn) => onValue({ cameraTurn: turn })}
        />
        {isFinding && <Finder onFound={found} onNobody={() => end(t('settings.turnNobody'))} />}
        {said !== null && (
          <p role="status" data-testid="turn-said">
            {said}
          </p>
        )}
        <Button tone="secondary" disabled={isBlocked} testId="find-turn" onClick={find}>
          {t(isFinding ? 'settings.turnFinding' : 'settings.turnFind')}
        </Button>
      </fieldset>
      <SwitchField
        name="camera-mirrored"
        label={t('settings.mirrored')}
        hint={t('settings.mirroredHint')}
        value={cameraMirrored}
        onValue={(mirrored) => onValue({ cameraMirrored: mirrored })}
      />
    </>
  );
}

interface FinderProps {
  readonly onFound: (turn: QuarterTurn) => void;
  readonly onNobody: () => void;
}

/** The camera's picture, at which the appliance looks until it finds a face in it, whichever way it is turned. */
function Finder({ onFound, onNobody }: FinderProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const over = new AbortController();
    const isOver = (): boolean => over.signal.aborted;
    const look = async (): Promise<void> => {
      const until = performance.now() + PATIENCE_MS;
      while (!isOver() && performance.now() < until) {
        const turn = await findTurn(video.current);
        if (isOver()) return;
        if (turn !== null) return onFound(turn);
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
      if (!isOver()) onNobody();
    };
    void look();
    return () => over.abort();
  }, []);
  return (
    <div class="turn-picture">
      <CameraVideo video={video} />
    </div>
  );
}

/** Null also while there is no picture. */
async function findTurn(video: HTMLVideoElement | null): Promise<QuarterTurn | null> {
  if (!video || video.videoWidth === 0) return null;
  try {
    const { turn } = await ask('cameras.find-turn', { image: await captureJpeg(video) });
    return turn;
  } catch {
    return null;
  }
}
