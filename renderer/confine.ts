/**
 * Takes from the page what a browser offers around it: menus, and what is dragged onto it or out of it. The browser's
 * policy and the keyboard hold a visitor; this keeps clutter off the screen.
 */
export function confine(): void {
  for (const type of ['contextmenu', 'dragstart', 'dragover', 'drop']) {
    addEventListener(type, (event) => event.preventDefault());
  }
  addEventListener('wheel', stopZoom, { passive: false });
}

function stopZoom(event: WheelEvent): void {
  if (event.ctrlKey) event.preventDefault();
}
