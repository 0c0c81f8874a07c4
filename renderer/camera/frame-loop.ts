/** Without a frame for this long a visible page's camera has stalled. */
const STALL_MS = 4000;

export interface FrameLoop {
  /** Least milliseconds between two frames. Called before each frame. */
  gap(): number;
  /** @param at milliseconds of the page's monotonic clock */
  onFrame(at: number): Promise<void>;
  onStall(): void;
}

/**
 * Calls `onFrame` for new frames of a playing video: never two at once, none while the page is hidden, and what
 * comes in between is dropped. Returns a function that stops it.
 */
export function runFrameLoop(video: HTMLVideoElement, loop: FrameLoop): () => void {
  let handle = 0;
  let framedAt = -Infinity;
  let aliveAt = performance.now();
  let isLooking = false;

  const onFrame = (): void => {
    handle = video.requestVideoFrameCallback(onFrame);
    const at = performance.now();
    aliveAt = at;
    if (isLooking || document.hidden || video.videoWidth === 0 || at - framedAt < loop.gap()) return;
    framedAt = at;
    isLooking = true;
    void loop.onFrame(at).finally(() => {
      isLooking = false;
    });
  };
  handle = video.requestVideoFrameCallback(onFrame);

  const onVisible = (): void => {
    aliveAt = performance.now();
  };
  document.addEventListener('visibilitychange', onVisible);
  const watchdog = setInterval(() => {
    if (document.hidden || performance.now() - aliveAt < STALL_MS) return;
    aliveAt = performance.now();
    loop.onStall();
  }, 1000);

  return () => {
    video.cancelVideoFrameCallback(handle);
    document.removeEventListener('visibilitychange', onVisible);
    clearInterval(watchdog);
  };
}
