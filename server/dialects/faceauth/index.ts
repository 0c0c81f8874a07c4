export { WidgetFiles } from './pages/widget-files.ts';
export { faceauth } from './plugin.ts';
