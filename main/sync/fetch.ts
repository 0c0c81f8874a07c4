import { setFlagsFromString } from 'node:v8';

/**
 * Node's `fetch` reads answers with a parser in WebAssembly. When that parser has called JavaScript 1,000 times, V8
 * compiles the wrapper of the call again and frees the old one, which has ended whole processes of ours
 * (`Check failed: jit_page.has_value()` below `Runtime_TierUpWasmToJSWrapper`, Node 24.21; nodejs/node#64500 is of the
 * same kind). With this budget of calls the first wrapper stays. The flag is of the whole process: it holds for the
 * client of the Realeyes API as well, as long as it is set before the first `fetch` makes its parser.
 */
setFlagsFromString('--wasm-wrapper-tiering-budget=2000000000');

export const fetch = globalThis.fetch;
