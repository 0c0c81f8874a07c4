export * from './errors.ts';
export * from './gallery.ts';
export * from './ids.ts';
export * from './kiosk.ts';
export * from './models.ts';
export * from './quality.ts';
export * from './recognition.ts';
export * from './settings.ts';
