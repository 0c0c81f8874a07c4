const IDLE_MS = 5 * 60_000;

/** Which operator is signed in on one connection; ends by itself after five minutes without a request. */
export interface SignIn {
  /** Null: none is. */
  readonly operatorId: string | null;
  start(operatorId: string): void;
  /** An operator's request: the five minutes begin again. */
  touch(): void;
  end(): void;
}

/** @param onIdle called when the sign-in ended by itself */
export function createSignIn(onIdle: () => void, idleMs = IDLE_MS): SignIn {
  let timer: NodeJS.Timeout | null = null;
  let who: string | null = null;
  const end = (): void => {
    if (timer) clearTimeout(timer);
    timer = null;
    who = null;
  };
  return {
    get operatorId() {
      return who;
    },
    start(operatorId) {
      end();
      who = operatorId;
      timer = setTimeout(() => {
        end();
        onIdle();
      }, idleMs).unref();
    },
    touch: () => void timer?.refresh(),
    end,
  };
}
