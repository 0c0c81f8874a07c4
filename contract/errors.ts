// oxlint-disable max-lines -- one catalogue: every code stands in one file, and the compiler refuses a code twice
/**
 * The one catalogue of errors. A code is stable: integrators and scripts may depend on it.
 *
 * `kind` says whose move it is: `input` (the caller's; the command line exits 2), `state` (the request was
 * well-formed but the data says no; also 2), `fault` (ours or the machine's; 1).
 */
export const ERRORS = {
  usage: { kind: 'input', http: 400, message: 'The command or request is not formed as documented.' },
  'image-empty': { kind: 'input', http: 400, message: 'The image is empty.' },
  'image-unsupported': { kind: 'input', http: 400, message: 'The image is neither a JPEG nor a PNG.' },
  'image-corrupt': { kind: 'input', http: 400, message: 'The image is damaged or cut short.' },
  'image-too-large': { kind: 'input', http: 413, message: 'The image file is larger than 10 MB.' },
  'image-too-many-pixels': {
    kind: 'input',
    http: 400,
    message: 'The image has more than 40 million pixels.',
  },
  'image-too-small': {
    kind: 'input',
    http: 400,
    message: 'The image is smaller than 100 by 100 pixels.',
  },
  'clip-unreadable': { kind: 'input', http: 400, message: 'The video clip cannot be played.' },
  'image-unreadable': { kind: 'input', http: 400, message: 'The image file cannot be read.' },
  'no-face': { kind: 'input', http: 400, message: 'No face was found in the image.' },
  'several-faces': {
    kind: 'input',
    http: 400,
    message: 'The image shows several people about as large. Cut it down to the one who is meant.',
  },
  // The quality of a face in an image (contract/quality.ts).
  'not-upright': {
    kind: 'input',
    http: 400,
    message: 'The picture is upside down or on its side. Turn it upright.',
  },
  'face-too-small': { kind: 'input', http: 400, message: 'Come closer to the camera.' },
  'face-cut-off': { kind: 'input', http: 400, message: 'Move so that your whole face is in the picture.' },
  'too-dark': {
    kind: 'input',
    http: 400,
    message: 'There is too little light on your face. Turn towards a light.',
  },
  backlit: {
    kind: 'input',
    http: 400,
    message:
      'The light is behind you, and your face is dark. Turn around, or step out of the bright background.',
  },
  'too-bright': {
    kind: 'input',
    http: 400,
    message: 'There is too much light on your face. Step out of the glare.',
  },
  'uneven-light': {
    kind: 'input',
    http: 400,
    message: 'One side of your face is in shadow. Turn so that the light falls from the front.',
  },
  blurred: {
    kind: 'input',
    http: 400,
    message: 'The picture is blurred. Hold still, and wipe the lens if it stays so.',
  },
  'turned-away': { kind: 'input', http: 400, message: 'Look straight at the camera.' },
  'head-tilted': { kind: 'input', http: 400, message: 'Hold your head upright.' },
  'eyes-closed': { kind: 'input', http: 400, message: 'Open your eyes.' },
  'mouth-covered': {
    kind: 'input',
    http: 400,
    message: 'Something covers your mouth. Take off the mask or scarf, and take your hand away.',
  },
  'eyes-covered': {
    kind: 'input',
    http: 400,
    message: 'Something covers your eyes. Take off the sunglasses.',
  },
  'face-covered': {
    kind: 'input',
    http: 400,
    message:
      'Your face is hard to make out. Take off whatever covers it, such as a mask, sunglasses or a scarf.',
  },
  'not-live': {
    kind: 'input',
    http: 422,
    message: 'The picture does not look like one of a live person.',
  },
  'different-person': {
    kind: 'input',
    http: 400,
    message: 'This picture shows somebody else than the others.',
  },
  'picture-repeats': {
    kind: 'input',
    http: 400,
    message:
      'This picture is nearly the same as another one and adds nothing. Turn the head a little, put glasses on or off, or use one of another day.',
  },
  'collection-id-invalid': {
    kind: 'input',
    http: 400,
    message: 'A collection id has 1 to 512 letters, digits, dashes, underscores or dots.',
  },
  'collection-not-found': { kind: 'state', http: 404, message: 'There is no such collection.' },
  'collection-exists': { kind: 'state', http: 409, message: 'The collection exists already.' },
  'face-not-found': { kind: 'state', http: 404, message: 'There is no such face.' },
  'too-many-references': { kind: 'state', http: 400, message: 'A face holds at most 10 references.' },
  'external-key-invalid': {
    kind: 'input',
    http: 400,
    message: 'An external key has 1 to 512 printable ASCII characters without spaces.',
  },
  'external-key-in-use': { kind: 'state', http: 400, message: 'The external key belongs to another face.' },
  'threshold-invalid': {
    kind: 'input',
    http: 400,
    message: 'A threshold is a confidence from 0 to 100, no share: 80, not 0.8.',
  },
  'settings-corrupt': {
    kind: 'fault',
    http: 500,
    message: 'The settings file is damaged; nothing was changed.',
  },
  'pin-invalid': { kind: 'input', http: 400, message: 'A PIN has 6 to 12 digits.' },
  'pin-trivial': {
    kind: 'input',
    http: 400,
    message:
      'This PIN is among the first that anybody would try. Choose digits without a pattern, and no date.',
  },
  'pin-wrong': { kind: 'input', http: 401, message: 'The PIN is wrong.' },
  'pin-locked': {
    kind: 'state',
    http: 429,
    message: 'Too many wrong PINs or set-up codes. Wait before trying again.',
  },
  'pin-not-set': {
    kind: 'state',
    http: 409,
    message: 'No PIN is set. Choose one with the set-up code, or by lintel pin set.',
  },
  'setup-code-wrong': {
    kind: 'input',
    http: 401,
    message:
      'The set-up code is wrong, used or missing. The appliance prints one when it starts without a PIN; so does lintel pin reset.',
  },
  'operator-required': { kind: 'state', http: 401, message: 'An operator must sign in first.' },
  'visit-unknown': { kind: 'state', http: 404, message: 'This visit does not exist or has ended.' },
  'visit-expired': { kind: 'state', http: 410, message: 'This visit took too long.' },
  'frames-out-of-order': {
    kind: 'input',
    http: 400,
    message: 'Frames of this visit are missing or came twice. The visit has ended.',
  },
  'frames-too-many': {
    kind: 'input',
    http: 413,
    message: 'This visit sent more frames than a visit may have. It has ended.',
  },
  'assurance-opens-no-door': {
    kind: 'state',
    http: 409,
    message: 'A door needs proof that somebody live is there. Choose a higher level of assurance.',
  },
  'assurance-below-policy': {
    kind: 'state',
    http: 409,
    message: 'The server requires a higher level of assurance of this device.',
  },
  'challenge-impossible': {
    kind: 'state',
    http: 409,
    message: 'Too few steps remain to prove that somebody is there. Use a code instead.',
  },
  'kiosk-paused': { kind: 'state', http: 429, message: 'Too many failures in a row. Wait a moment.' },
  'kiosk-locked': {
    kind: 'state',
    http: 403,
    message: 'Too many failures in a row. An operator must sign in first.',
  },
  'fake-camera-refused': {
    kind: 'state',
    http: 409,
    message:
      'An appliance that is joined to a server takes pictures of no made-up camera. Start without --fake-camera.',
  },
  'camera-unavailable': { kind: 'fault', http: 503, message: 'No picture could be taken with the camera.' },
  'channel-unknown': { kind: 'input', http: 404, message: 'There is no such channel.' },
  busy: { kind: 'fault', http: 503, message: 'Too much work is waiting. Try again in a moment.' },
  'store-key-missing': { kind: 'fault', http: 500, message: 'The key of this store is missing.' },
  'store-key-wrong': { kind: 'fault', http: 500, message: 'The key does not open this store.' },
  'store-key-exposed': {
    kind: 'fault',
    http: 500,
    message: 'The key file can be read by others. Restrict it to its owner (mode 0600).',
  },
  'store-key-unprotected': {
    kind: 'fault',
    http: 500,
    message: 'This machine has no keychain to protect the key. Use a key file.',
  },
  'store-corrupt': { kind: 'fault', http: 500, message: 'The store is damaged; nothing was changed.' },
  'store-set-back': {
    kind: 'state',
    http: 503,
    message:
      'The store is an older copy of itself: faces that were erased since may be in it again. Nobody is recognised until an operator has decided (lintel set-back).',
  },
  'clock-implausible': {
    kind: 'fault',
    http: 500,
    message:
      'The clock contradicts what is known, so nothing is removed for being old. Set it right, or say that it is (lintel retention --trust-clock).',
  },
  'store-newer': { kind: 'fault', http: 500, message: 'The store was written by a newer version of Lintel.' },
  'store-full': { kind: 'fault', http: 507, message: 'The disk is full; nothing was changed.' },
  'store-read-only': {
    kind: 'fault',
    http: 500,
    message: 'The store cannot be written: its files, their folder or the disk are read-only.',
  },
  'disk-failing': {
    kind: 'fault',
    http: 500,
    message: 'The disk reports errors. Look into the log of the system; nothing was changed.',
  },
  'store-busy': { kind: 'fault', http: 503, message: 'Another process holds the store.' },
  'store-exists': {
    kind: 'state',
    http: 409,
    message: 'There is a store already. Name another folder, or ask to replace it.',
  },
  'already-running': {
    kind: 'state',
    http: 409,
    message: 'An appliance or a server is running on this data folder already.',
  },
  'data-folder-unsafe': {
    kind: 'state',
    http: 409,
    message:
      'The data folder holds a link, or something else than a plain file, where Lintel keeps a file of its own. Nothing was changed; take it away.',
  },
  'address-unavailable': { kind: 'state', http: 409, message: 'Lintel cannot listen at this address.' },
  'file-exists': { kind: 'input', http: 409, message: 'There is a file of that name already.' },
  'face-erased': {
    kind: 'state',
    http: 409,
    message: 'This face was erased. It cannot come back; enrol the person again.',
  },
  'receipt-invalid': { kind: 'input', http: 400, message: 'This is not a valid erasure receipt.' },
  'backup-corrupt': { kind: 'input', http: 400, message: 'The backup is damaged or not a backup.' },
  'audit-broken': { kind: 'fault', http: 500, message: 'The audit log was tampered with or is damaged.' },
  'model-missing': {
    kind: 'fault',
    http: 500,
    message: 'A neural network is missing. Run npm run setup, with -- --models SET for a set of your choice.',
  },
  'model-corrupt': {
    kind: 'fault',
    http: 500,
    message: 'A neural network, or code that runs one, does not match its checksum.',
  },
  'model-switched': {
    kind: 'state',
    http: 409,
    message: 'The embedding network was changed at this moment. Try again.',
  },
  'model-other': {
    kind: 'fault',
    http: 500,
    message: 'The people in this store were enrolled with another set of networks. Start with that one.',
  },
  'model-unfit': {
    kind: 'input',
    http: 400,
    message: 'The file is no embedding network of this description.',
  },
  'model-unknown': { kind: 'input', http: 404, message: 'There is no network of that name.' },
  'model-in-use': {
    kind: 'state',
    http: 409,
    message: 'The people in this store are recognised with this network. Change to another one first.',
  },
  'model-uncalibrated': {
    kind: 'state',
    http: 409,
    message:
      'Nobody measured yet what similarity means with this network. Run lintel calibrate with it before it decides.',
  },
  'calibration-missing': {
    kind: 'fault',
    http: 500,
    message: 'The embedding network has no valid calibration table.',
  },
  'calibration-too-few': {
    kind: 'state',
    http: 409,
    message: 'There are too few people to calibrate with.',
  },
  // Of the server's APIs.
  'route-unknown': { kind: 'input', http: 404, message: 'There is nothing at this path.' },
  'method-not-allowed': { kind: 'input', http: 405, message: 'This path does not take this method.' },
  'content-type-unsupported': {
    kind: 'input',
    http: 415,
    message: 'The body is of a type that is not taken here.',
  },
  'body-malformed': { kind: 'input', http: 400, message: 'The body is not valid JSON.' },
  'form-malformed': { kind: 'input', http: 400, message: 'The body is not a valid form.' },
  'document-invalid': {
    kind: 'input',
    http: 400,
    message: 'The metadata is no JSON object of at most 64 KB and 100 levels.',
  },
  'body-too-large': { kind: 'input', http: 413, message: 'The body is larger than is taken here.' },
  'headers-too-large': {
    kind: 'input',
    http: 431,
    message: 'The address and headers are larger than 16 KB.',
  },
  'request-timeout': { kind: 'input', http: 408, message: 'The request did not arrive in time.' },
  'message-malformed': {
    kind: 'input',
    http: 400,
    message: 'The message is damaged, or claims more than it holds.',
  },
  'image-not-base64': { kind: 'input', http: 400, message: 'The bytes of the image are not base 64.' },
  'image-url-off': {
    kind: 'input',
    http: 400,
    message: 'This server does not fetch images. Send the bytes.',
  },
  // One for all reasons: telling them apart would let a caller explore the network around the server.
  'image-url-failed': {
    kind: 'input',
    http: 400,
    message: 'No image of at most 10 MB could be fetched from this public http or https address in time.',
  },
  unauthenticated: { kind: 'input', http: 401, message: 'A valid API key is missing.' },
  forbidden: { kind: 'state', http: 403, message: 'The API key does not permit this.' },
  'rate-limited': { kind: 'state', http: 429, message: 'Too many requests. Try again in a moment.' },
  'month-used-up': {
    kind: 'state',
    http: 429,
    message: 'The calls that the plan allows in a month are used up.',
  },
  'email-exists': { kind: 'state', http: 409, message: 'This e-mail address is registered already.' },
  'key-missing': { kind: 'input', http: 401, message: 'The API key is missing.' },
  'image-missing': { kind: 'input', http: 400, message: 'There is no image in the request.' },
  'session-unknown': { kind: 'state', http: 404, message: 'This session does not exist or has ended.' },
  'session-used': { kind: 'state', http: 409, message: 'This session was used already.' },
  'session-model': {
    kind: 'state',
    http: 409,
    message:
      'This appliance recognises with other networks than its server, and so cannot compare with the photo of a session.',
  },
  'session-result-invalid': {
    kind: 'input',
    http: 400,
    message: 'This result of a session was not signed by the appliance that claimed it.',
  },
  'key-in-browser': {
    kind: 'input',
    http: 403,
    message:
      'A secret API key does not belong in a web page: anyone who opens the page can read it. Replace it, and give pages short-lived tokens (POST /api/v1/widget/tokens).',
  },
  'page-token-invalid': {
    kind: 'input',
    http: 401,
    message:
      'The token of this page is wrong, expired, used up or revoked. Ask the server of the site for a new one.',
  },
  'page-origin-invalid': {
    kind: 'input',
    http: 400,
    message:
      'An origin is scheme, host and port, such as https://www.example.com; plain http only for this machine. A key has at most 64.',
  },
  'page-origin-refused': {
    kind: 'state',
    http: 403,
    message: 'Pages of this origin may not use this key or token.',
  },
  'proof-unknown': {
    kind: 'state',
    http: 404,
    message: 'This proof does not exist, was redeemed already, or is over.',
  },
  'nobody-enrolled': { kind: 'state', http: 404, message: 'No faces are enrolled for this key.' },
  'user-not-found': { kind: 'state', http: 404, message: 'There is no such user.' },
  'user-template-not-found': { kind: 'state', http: 404, message: 'There is no such template.' },
  'descriptors-not-allowed': {
    kind: 'state',
    http: 403,
    message: 'This account takes pictures only. Its operator can allow descriptors.',
  },
  'webhook-not-found': { kind: 'state', http: 404, message: 'There is no such webhook.' },
  'webhook-url-invalid': {
    kind: 'input',
    http: 400,
    message: 'A webhook is a public https address of at most 2048 characters, without credentials.',
  },
  'too-many-webhooks': { kind: 'state', http: 409, message: 'An account has at most 20 webhooks.' },
  'webhook-failed': {
    kind: 'state',
    http: 422,
    message: 'The webhook did not answer the test with a status of 200 to 299 in time.',
  },
  'idempotency-key-invalid': {
    kind: 'input',
    http: 400,
    message: 'An Idempotency-Key has 1 to 255 printable ASCII characters.',
  },
  'idempotency-key-reused': {
    kind: 'state',
    http: 422,
    message: 'This Idempotency-Key was used for another request.',
  },
  'account-name-invalid': { kind: 'input', http: 400, message: 'An account name has 1 to 200 characters.' },
  'account-exists': { kind: 'state', http: 409, message: 'There is an account of this name.' },
  'account-not-found': { kind: 'state', http: 404, message: 'There is no such account.' },
  'key-not-found': { kind: 'state', http: 404, message: 'There is no such API key.' },
  'key-invalid': { kind: 'input', http: 400, message: 'An API key has 8 to 512 printable ASCII characters.' },
  'key-exists': { kind: 'state', http: 409, message: 'This API key is in use.' },
  // Of synchronisation.
  'face-exists': { kind: 'state', http: 409, message: 'There is a face of this id in another collection.' },
  'template-invalid': {
    kind: 'input',
    http: 400,
    message: 'This is no template of the network that it is said to be of.',
  },
  'not-permitted': {
    kind: 'state',
    http: 403,
    message: 'The policy of this appliance does not permit this change.',
  },
  'too-many-deletions': {
    kind: 'state',
    http: 409,
    message: 'The server never had so many of the people who are deleted here.',
  },
  'operation-unknown': {
    kind: 'state',
    http: 400,
    message: 'The server does not know this kind of change yet. Send it again once the server is updated.',
  },
  'conflict-not-found': { kind: 'state', http: 404, message: 'There is no such conflict, or no longer.' },
  'sync-not-joined': { kind: 'state', http: 409, message: 'This appliance has not joined a server.' },
  'sync-protocol': {
    kind: 'fault',
    http: 400,
    message: 'Appliance and server have no common version of the protocol. Update the older one.',
  },
  'pairing-code-invalid': {
    kind: 'input',
    http: 400,
    message: 'This pairing code is wrong, used, or expired. Ask for a new one.',
  },
  'device-not-found': { kind: 'state', http: 404, message: 'There is no such device.' },
  'device-unknown': {
    kind: 'state',
    http: 401,
    message: 'The server does not know this appliance, perhaps since it was restored. Pair it again.',
  },
  'device-revoked': { kind: 'state', http: 403, message: 'This appliance was revoked by its server.' },
  'picture-missing': {
    kind: 'state',
    http: 409,
    message: 'No picture of this person is kept, and this server takes nothing else.',
  },
  'server-refused': { kind: 'state', http: 400, message: 'The server refused this change.' },
  'server-unsuitable': {
    kind: 'input',
    http: 400,
    message: 'There is no server at this address that an appliance can keep in step with.',
  },
  'erasure-unconfirmed': {
    kind: 'state',
    http: 409,
    message:
      'The person is deleted, but a picture was on its way to the server. The receipt follows once the server has answered.',
  },
  'answer-too-large': {
    kind: 'fault',
    http: 502,
    message: 'The server answers more than was asked for.',
  },
  'server-inconsistent': {
    kind: 'fault',
    http: 502,
    message: 'The answers of the server contradict each other, or lead nowhere.',
  },
  'server-insecure': {
    kind: 'input',
    http: 400,
    message: 'Over plain http, anyone on the network can read the key. Use https, or permit plain http.',
  },
  'server-unreachable': { kind: 'fault', http: 503, message: 'The server cannot be reached.' },
  'too-many-event-targets': { kind: 'state', http: 409, message: 'Nobody more can be told of events.' },
  'event-target-exists': { kind: 'state', http: 409, message: 'This address is told of events already.' },
  'event-target-not-found': { kind: 'state', http: 404, message: 'There is no such address.' },
  internal: { kind: 'fault', http: 500, message: 'Something went wrong inside Lintel.' },
} as const satisfies Record<string, { kind: 'input' | 'state' | 'fault'; http: number; message: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** An error as it crosses a process or network boundary: no stack, no secrets. */
export interface ErrorBody {
  code: ErrorCode;
  message: string;
}

/** The exit status of a program that ends with an error. */
export const exitStatusOf = (code: ErrorCode): 1 | 2 => (ERRORS[code].kind === 'fault' ? 1 : 2);

interface LintelErrorOptions extends ErrorOptions {
  /** Seconds after which the same request may succeed, at least 1. */
  readonly retryAfter?: number;
}

/**
 * The only error that Lintel throws on purpose. `detail` adds what a person can act on (a file name, a limit);
 * it must never hold a secret, a template, an image or an external key.
 */
export class LintelError extends Error {
  override readonly name = 'LintelError';
  readonly code: ErrorCode;
  /** Seconds; null where nothing says when. */
  readonly retryAfter: number | null;

  constructor(code: ErrorCode, detail?: string, options?: LintelErrorOptions) {
    super(detail === undefined ? ERRORS[code].message : `${ERRORS[code].message} ${detail}`, options);
    this.code = code;
    this.retryAfter = options?.retryAfter ?? null;
  }

  toBody(): ErrorBody {
    return { code: this.code, message: this.message };
  }

  /** The error that a body describes, on the other side of a boundary. */
  static fromBody({ code, message }: ErrorBody): LintelError {
    return new LintelError(code, message.slice(ERRORS[code].message.length + 1) || undefined);
  }
}

/** Any thrown value as a body that may leave the process: what is not a {@link LintelError} becomes `internal`. */
export function toErrorBody(error: unknown): ErrorBody {
  return error instanceof LintelError
    ? error.toBody()
    : { code: 'internal', message: ERRORS.internal.message };
}
