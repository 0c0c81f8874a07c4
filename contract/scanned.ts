import { z } from 'zod';
import { FaceSessionId } from './ids.ts';

/** Most characters that are taken of a QR code. */
export const MOST_SCANNED = 1024;

/** An access code of a person or a visitor. */
export const AccessCode = z.string().regex(/^\d{8}$/);

/** What a QR code may hold for the kiosk to take it as typed. Whatever else a camera sees is nobody's try. */
export const ScannedDigits = z.union([AccessCode, FaceSessionId]);
