import type { LivenessVerdict } from '#core/liveness';
import { withRecognizer } from '../with-recognizer.ts';
import type { ClipPlayer, FreeSession } from '../../liveness/play-clip.ts';
import { progress } from '../progress.ts';
import { createJudge } from './judge.ts';

/** Milliseconds that a kiosk takes around the frames, to ask and to send. */
const AROUND_MS = 1000;

/** A kiosk's screen and main process, to which clips are played. */
export interface ClipKiosk {
  readonly play: ClipPlayer['play'];
  /** Main's verdict on what the screen would have sent. */
  readonly judge: (session: FreeSession) => Promise<LivenessVerdict>;
}

/**
 * Plays one clip after the other and tells how far it is.
 * @param modelsDir folder of the calibration tables, and of the networks in `weights/`
 * @param present what is done with each clip
 */
export async function judgeClips<Clip, Result>(
  modelsDir: string,
  clips: readonly Clip[],
  present: (kiosk: ClipKiosk, clip: Clip) => Promise<Result>,
): Promise<Result[]> {
  return await withRecognizer(modelsDir, 'default', async (recognizer) => {
    const judge = await createJudge(modelsDir, recognizer);
    // Loaded here: a browser and what builds for it take longer than all else, which other commands would wait for.
    const { openClipPlayer } = await import('../../liveness/play-clip.ts');
    const player = await openClipPlayer();
    try {
      const kiosk: ClipKiosk = {
        play: (file, kinds) => player.play(file, kinds),
        judge: ({ challenge, frames }) => {
          const span = (frames.at(-1)?.capturedAt ?? 0) - (frames[0]?.capturedAt ?? 0);
          return judge({ challenge, frames, earlier: [], sessionMs: span + AROUND_MS });
        },
      };
      const tell = progress('Playing clips');
      const results: Result[] = [];
      for (const clip of clips) {
        results.push(await present(kiosk, clip));
        tell(results.length / clips.length);
      }
      return results;
    } finally {
      await player.close();
    }
  });
}
