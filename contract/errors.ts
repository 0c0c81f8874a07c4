// The kinds of errors say whose move it is. Each takes the HTTP status that goes with it, and what a person is told.

/** The caller's: the request is not formed as documented. The command line exits 2. */
const input = (http: number, message: string) => ({ kind: 'input', http, message }) as const;
/** The request was well-formed, but the data says no. The command line exits 2. */
const state = (http: number, message: string) => ({ kind: 'state', http, message }) as const;
/** Ours, or the machine's. The command line exits 1. */
const fault = (http: number, message: string) => ({ kind: 'fault', http, message }) as const;

/** The one catalogue of errors. A code is stable: integrators and scripts may depend on it. */
export const ERRORS = {
  usage: input(400, 'The command or request is not formed as documented.'),
  'image-empty': input(400, 'The image is empty.'),
  'image-unsupported': input(400, 'The image is neither a JPEG nor a PNG.'),
  'image-corrupt': input(400, 'The image is damaged or cut short.'),
  'image-too-large': input(413, 'The image file is larger than 10 MB.'),
  'image-too-many-pixels': input(400, 'The image has more than 40 million pixels.'),
  'image-too-small': input(400, 'The image is smaller than 100 by 100 pixels.'),
  'clip-unreadable': input(400, 'The video clip cannot be played.'),
  'image-unreadable': input(400, 'The image file cannot be read.'),
  'no-face': input(400, 'No face was found in the image.'),
  'several-faces': input(
    400,
    'The image shows several people about as large. Cut it down to the one who is meant.',
  ),
  // The quality of a face in an image (contract/quality.ts).
  'not-upright': input(400, 'The picture is upside down or on its side. Turn it upright.'),
  'face-too-small': input(400, 'Come closer to the camera.'),
  'face-cut-off': input(400, 'Move so that your whole face is in the picture.'),
  'too-dark': input(400, 'There is too little light on your face. Turn towards a light.'),
  backlit: input(
    400,
    'The light is behind you, and your face is dark. Turn around, or step out of the bright background.',
  ),
  'too-bright': input(400, 'There is too much light on your face. Step out of the glare.'),
  'uneven-light': input(
    400,
    'One side of your face is in shadow. Turn so that the light falls from the front.',
  ),
  blurred: input(400, 'The picture is blurred. Hold still, and wipe the lens if it stays so.'),
  'turned-away': input(400, 'Look straight at the camera.'),
  'head-tilted': input(400, 'Hold your head upright.'),
  'eyes-closed': input(400, 'Open your eyes.'),
  'mouth-covered': input(
    400,
    'Something covers your mouth. Take off the mask or scarf, and take your hand away.',
  ),
  'eyes-covered': input(400, 'Something covers your eyes. Take off the sunglasses.'),
  'face-covered': input(
    400,
    'Your face is hard to make out. Take off whatever covers it, such as a mask, sunglasses or a scarf.',
  ),
  'not-live': input(422, 'The picture does not look like one of a live person.'),
  'different-person': input(400, 'This picture shows somebody else than the others.'),
  'picture-repeats': input(
    400,
    'This picture is nearly the same as another one and adds nothing. Turn the head a little, put glasses on or off, or use one of another day.',
  ),
  'list-invalid': input(
    400,
    'This is no list of people: a table as text with the columns name or key, and pictures.',
  ),
  'list-encoding': input(
    400,
    'Some letters of this list cannot be read. Save it as UTF-8; a spreadsheet calls that CSV UTF-8.',
  ),
  'list-row-invalid': input(400, 'This line of the list cannot be used.'),
  'collection-id-invalid': input(
    400,
    'A collection id has 1 to 512 letters, digits, dashes, underscores or dots.',
  ),
  'collection-not-found': state(404, 'There is no such collection.'),
  'collection-exists': state(409, 'The collection exists already.'),
  'too-many-collections': state(409, 'An account has at most 2,400 collections.'),
  'face-not-found': state(404, 'There is no such face.'),
  'too-many-references': state(400, 'A face holds at most 10 references.'),
  'external-key-invalid': input(
    400,
    'An external key has 1 to 512 printable ASCII characters without spaces.',
  ),
  'external-key-in-use': state(400, 'The external key belongs to another face.'),
  'threshold-invalid': input(400, 'A threshold is a confidence from 0 to 100, no share: 80, not 0.8.'),
  'settings-corrupt': fault(500, 'The settings file is damaged; nothing was changed.'),
  'pin-invalid': input(400, 'A PIN has 6 to 12 digits.'),
  'pin-trivial': input(
    400,
    'This PIN is among the first that anybody would try. Choose digits without a pattern, and no date.',
  ),
  'pin-wrong': input(401, 'The PIN is wrong.'),
  'pin-locked': state(429, 'Too many wrong PINs or set-up codes. Wait before trying again.'),
  'pin-not-set': state(409, 'No PIN is set. Choose one with the set-up code, or by lintel pin set.'),
  'setup-code-wrong': input(
    401,
    'The set-up code is wrong, used or missing. The appliance prints one when it starts without a PIN; so does lintel pin reset.',
  ),
  'role-required': state(403, 'This is for operators of another role.'),
  'operator-not-found': state(404, 'There is no such operator.'),
  'operator-exists': state(409, 'An operator has this name.'),
  'operator-name-invalid': input(400, 'An operator has a name of one line, up to 200 characters.'),
  'last-administrator': state(409, 'This is the last administrator. Make another one first.'),
  'too-many-operators': state(409, 'There are as many operators as an appliance keeps: 50.'),
  'operator-required': state(401, 'An operator must sign in first.'),
  'visit-unknown': state(404, 'This visit does not exist or has ended.'),
  'visit-expired': state(410, 'This visit took too long.'),
  'frames-out-of-order': input(400, 'Frames of this visit are missing or came twice. The visit has ended.'),
  'frames-too-many': input(413, 'This visit sent more frames than a visit may have. It has ended.'),
  'assurance-opens-no-door': state(
    409,
    'A door needs proof that somebody live is there. Choose a higher level of assurance.',
  ),
  'assurance-below-policy': state(409, 'The server requires a higher level of assurance of this device.'),
  'challenge-impossible': state(
    409,
    'Too few steps remain to prove that somebody is there. Use a code instead.',
  ),
  'kiosk-paused': state(429, 'Too many failures in a row. Wait a moment.'),
  'card-invalid': input(400, 'This card is not of this site, or it is damaged.'),
  'card-revoked': state(403, 'This card is no longer valid. Ask for another one.'),
  'card-outdated': state(409, 'This card was made for an earlier version. Ask for another one.'),
  'card-too-large': input(400, 'This is too much for a card. Shorten the name, or name fewer groups.'),
  'too-many-cards': state(
    409,
    'There are 10,000 cards already. Change the key of the cards, which ends all of them.',
  ),
  'cards-off': state(409, 'This device reads no cards.'),
  'visitor-not-found': state(404, 'There is no such visitor.'),
  'too-many-visitors': state(409, 'There are 10,000 visitors already. Remove some.'),
  'mode-enrols-only': state(409, 'This device is an enrolment desk: it recognises nobody.'),
  'consent-missing': state(409, 'The person has to agree to the text that is in force first.'),
  'notice-unanswered': state(409, 'The visitor has to agree to the notice first.'),
  'kiosk-locked': state(403, 'Too many failures in a row. An operator must sign in first.'),
  'fake-camera-refused': state(
    409,
    'An appliance that joins or has joined a server takes pictures of no made-up camera. Start it without --fake-camera first.',
  ),
  'camera-unavailable': fault(503, 'No picture could be taken with the camera.'),
  'channel-unknown': input(404, 'There is no such channel.'),
  busy: fault(503, 'Too much work is waiting. Try again in a moment.'),
  'store-key-missing': fault(500, 'The key of this store is missing.'),
  'store-moving': state(
    409,
    'This store is not complete: a move to it was interrupted. Run "lintel server move" again, which goes on.',
  ),
  'store-epoch-missing': fault(
    500,
    'The key of an epoch is missing, without which this database cannot be read. It lies beside the key file, and a backup opens only as long as it is there.',
  ),
  'store-key-wrong': fault(
    500,
    'The key does not open this store. LINTEL_KEY_FILE or LINTEL_PASSPHRASE_FILE names another.',
  ),
  'store-key-exposed': fault(
    500,
    'The key file can be read by others. Restrict it to its owner (mode 0600).',
  ),
  'store-key-unprotected': fault(500, 'This machine has no keychain to protect the key. Use a key file.'),
  'store-corrupt': fault(500, 'The store is damaged; nothing was changed.'),
  'store-set-back': state(
    503,
    'The store is an older copy of itself: faces that were erased since may be in it again. Nobody is recognised until an operator has decided (lintel set-back).',
  ),
  'clock-implausible': fault(
    500,
    'The clock contradicts what is known, so nothing is removed for being old. Set it right, or say that it is (lintel retention --trust-clock).',
  ),
  'store-newer': fault(500, 'The store was written by a newer version of Lintel.'),
  'store-full': fault(507, 'The disk is full; nothing was changed.'),
  'store-read-only': fault(
    500,
    'The store cannot be written: its files, their folder or the disk are read-only.',
  ),
  'disk-failing': fault(
    500,
    'The disk reports errors. Look into the log of the system; nothing was changed.',
  ),
  'store-busy': fault(
    503,
    'The store is busy: other processes use it, or its database is out of reach. Try again in a moment.',
  ),
  'store-missing': state(
    404,
    'Nothing was started in this folder yet. Name the one in which Lintel was (--data, LINTEL_DATA), or start it.',
  ),
  'store-exists': state(409, 'There is a store already. Name another folder, or ask to replace it.'),
  'already-running': state(409, 'An appliance or a server is running on this data folder already.'),
  'several-servers': state(
    501,
    'Several servers share the database and not all gave an address (--node-url): what one keeps in its memory is not available.',
  ),
  'data-folder-unsafe': state(
    409,
    'The data folder holds a link, or something else than a plain file, where Lintel keeps a file of its own. Nothing was changed; take it away.',
  ),
  'address-unavailable': state(409, 'Lintel cannot listen at this address.'),
  'file-exists': input(409, 'There is a file of that name already.'),
  'face-erased': state(409, 'This face was erased. It cannot come back; enrol the person again.'),
  'drill-report-invalid': input(400, 'This is not a valid report of an attack drill.'),
  'drill-empty': state(409, 'Nothing was presented, so there is nothing to report.'),
  'drill-under-way': input(409, 'An attack drill is under way already.'),
  'receipt-invalid': input(400, 'This is not a valid erasure receipt.'),
  'backup-corrupt': input(400, 'The backup is damaged or not a backup.'),
  'audit-broken': fault(500, 'The audit log was tampered with or is damaged.'),
  'model-missing': fault(
    500,
    'A neural network is missing. Run npm run setup, with -- --models SET for a set of your choice.',
  ),
  'model-corrupt': fault(500, 'A neural network, or code that runs one, does not match its checksum.'),
  'model-switched': state(409, 'The embedding network was changed at this moment. Try again.'),
  'model-other': fault(
    500,
    'The people in this store were enrolled with another set of networks. Start with that one.',
  ),
  'model-unfit': input(400, 'The file is no embedding network of this description.'),
  'model-unknown': input(404, 'There is no network of that name.'),
  'model-in-use': state(
    409,
    'The people in this store are recognised with this network. Change to another one first.',
  ),
  'model-uncalibrated': state(
    409,
    'Nobody measured yet what similarity means with this network. Run lintel calibrate with it before it decides.',
  ),
  'calibration-missing': fault(500, 'The embedding network has no valid calibration table.'),
  'calibration-too-few': state(409, 'There are too few people to calibrate with.'),
  // Of the server's APIs.
  'route-unknown': input(404, 'There is nothing at this path.'),
  'method-not-allowed': input(405, 'This path does not take this method.'),
  'content-type-unsupported': input(415, 'The body is of a type that is not taken here.'),
  'body-malformed': input(400, 'The body is not valid JSON.'),
  'form-malformed': input(400, 'The body is not a valid form.'),
  'document-invalid': input(400, 'The metadata is no JSON object of at most 64 KB and 100 levels.'),
  'body-too-large': input(413, 'The body is larger than is taken here.'),
  'headers-too-large': input(431, 'The address and headers are larger than 16 KB.'),
  'request-timeout': input(408, 'The request did not arrive in time.'),
  'message-malformed': input(400, 'The message is damaged, or claims more than it holds.'),
  'image-not-base64': input(400, 'The bytes of the image are not base 64.'),
  'image-url-off': input(400, 'This server does not fetch images. Send the bytes.'),
  // One for all reasons: telling them apart would let a caller explore the network around the server.
  'image-url-failed': input(
    400,
    'No image of at most 10 MB could be fetched from this public http or https address in time.',
  ),
  unauthenticated: input(401, 'A valid API key is missing.'),
  forbidden: state(403, 'The API key does not permit this.'),
  'rate-limited': state(429, 'Too many requests. Try again in a moment.'),
  'month-used-up': state(429, 'The calls that the plan allows in a month are used up.'),
  'email-exists': state(409, 'This e-mail address is registered already.'),
  'key-missing': input(401, 'The API key is missing.'),
  'image-missing': input(400, 'There is no image in the request.'),
  'session-unknown': state(404, 'This session does not exist or has ended.'),
  'session-used': state(409, 'This session was used already.'),
  'session-model': state(
    409,
    'This appliance recognises with other networks than its server, and so cannot compare with the photo of a session.',
  ),
  'session-result-invalid': input(
    400,
    'This result of a session was not signed by the appliance that claimed it.',
  ),
  'key-in-browser': input(
    403,
    'A secret API key does not belong in a web page: anyone who opens the page can read it. Replace it, and give pages short-lived tokens (POST /api/v1/widget/tokens).',
  ),
  'page-token-invalid': input(
    401,
    'The token of this page is wrong, expired, used up or revoked. Ask the server of the site for a new one.',
  ),
  'page-origin-invalid': input(
    400,
    'An origin is scheme, host and port, such as https://www.example.com; plain http only for this machine. A key has at most 64.',
  ),
  'page-origin-refused': state(403, 'Pages of this origin may not use this key or token.'),
  'proof-unknown': state(404, 'This proof does not exist, was redeemed already, or is over.'),
  'nobody-enrolled': state(404, 'No faces are enrolled for this key.'),
  'user-not-found': state(404, 'There is no such user.'),
  'user-template-not-found': state(404, 'There is no such template.'),
  'descriptors-not-allowed': state(
    403,
    'This account takes pictures only. Its operator can allow descriptors.',
  ),
  'webhook-not-found': state(404, 'There is no such webhook.'),
  'webhook-url-invalid': input(
    400,
    'A webhook is a public https address of at most 2048 characters, without credentials.',
  ),
  'too-many-webhooks': state(409, 'An account has at most 20 webhooks.'),
  'webhook-failed': state(422, 'The webhook did not answer the test with a status of 200 to 299 in time.'),
  'idempotency-key-invalid': input(400, 'An Idempotency-Key has 1 to 255 printable ASCII characters.'),
  'idempotency-key-reused': state(422, 'This Idempotency-Key was used for another request.'),
  'registration-off': state(403, 'Nobody can register here. The operator of the server makes accounts.'),
  'account-name-invalid': input(400, 'An account name has 1 to 200 characters.'),
  'account-exists': state(409, 'There is an account of this name.'),
  'account-not-found': state(404, 'There is no such account.'),
  'key-not-found': state(404, 'There is no such API key.'),
  'key-invalid': input(400, 'An API key has 8 to 512 printable ASCII characters.'),
  'key-exists': state(409, 'This API key is in use.'),
  // Of synchronisation.
  'face-exists': state(409, 'There is a face of this id in another collection.'),
  'template-invalid': input(400, 'This is no template of the network that it is said to be of.'),
  'not-permitted': state(403, 'The policy of this appliance does not permit this change.'),
  'too-many-deletions': state(409, 'The server never had so many of the people who are deleted here.'),
  'operation-unknown': state(
    400,
    'The server does not know this kind of change yet. Send it again once the server is updated.',
  ),
  'conflict-not-found': state(404, 'There is no such conflict, or no longer.'),
  'sync-not-joined': state(409, 'This appliance has not joined a server.'),
  'sync-protocol': fault(
    400,
    'Appliance and server have no common version of the protocol. Update the older one.',
  ),
  'pairing-code-invalid': input(400, 'This pairing code is wrong, used, or expired. Ask for a new one.'),
  'device-not-found': state(404, 'There is no such device.'),
  'device-unknown': state(
    401,
    'The server does not know this appliance, perhaps since it was restored. Pair it again.',
  ),
  'access-of-server': state(409, 'The access rules come from the server, and are changed there.'),
  'access-unreadable': state(409, 'The access rules cannot be read by this version.'),
  'device-revoked': state(403, 'This appliance was revoked by its server.'),
  'picture-missing': state(409, 'No picture of this person is kept, and this server takes nothing else.'),
  'server-refused': state(400, 'The server refused this change.'),
  'server-unsuitable': input(
    400,
    'There is no server at this address that an appliance can keep in step with.',
  ),
  'erasure-unconfirmed': state(
    409,
    'The person is deleted, but a picture was on its way to the server. The receipt follows once the server has answered.',
  ),
  'erasure-without-receipt': state(
    409,
    'The person is deleted. There is no receipt: copies from before the database kept epochs may be left in its files and its log.',
  ),
  'answer-too-large': fault(502, 'The server answers more than was asked for.'),
  'server-inconsistent': fault(502, 'The answers of the server contradict each other, or lead nowhere.'),
  'server-insecure': input(
    400,
    'Over plain http, anyone on the network can read the key. Use https, or permit plain http (--allow-http).',
  ),
  'server-unreachable': fault(503, 'The server cannot be reached.'),
  'too-many-event-targets': state(409, 'Nobody more can be told of events.'),
  'event-target-exists': state(409, 'This address is told of events already.'),
  'event-target-not-found': state(404, 'There is no such address.'),
  internal: fault(500, 'Something went wrong inside Lintel.'),
} as const;

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
  /** In place of the catalogue's message, where that speaks to somebody else. */
  readonly words?: string;
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
    const words = options?.words ?? ERRORS[code].message;
    super(detail === undefined ? words : `${words} ${detail}`, options);
    this.code = code;
    this.retryAfter = options?.retryAfter ?? null;
  }

  toBody(): ErrorBody {
    return { code: this.code, message: this.message };
  }

  /** The error that a body describes, on the other side of a boundary. */
  static fromBody({ code, message }: ErrorBody, retryAfter: number | null = null): LintelError {
    const detail = message.slice(ERRORS[code].message.length + 1) || undefined;
    return new LintelError(code, detail, retryAfter === null ? {} : { retryAfter });
  }
}

/** Any thrown value as a body that may leave the process: what is not a {@link LintelError} becomes `internal`. */
export function toErrorBody(error: unknown): ErrorBody {
  return error instanceof LintelError
    ? error.toBody()
    : { code: 'internal', message: ERRORS.internal.message };
}
