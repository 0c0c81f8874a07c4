/**
 * A function of a page: the controls that a person cannot see whole and press (cut off, covered, or beside the screen), the
 * texts that reach beside the screen, or below it where nobody has to scroll, and how far the page, or a part of it, scrolls sideways;
 * a line for each, none where all is well. Where a modal dialog is open, only it counts. `scrolls`: whether a person may have to
 * scroll down to a control; `least`: how many pixels wide and high a control is to be.
 */
export const UNPAINTED = `((scrolls, least = 0) => {
  const nameOf = (element) => element.dataset.testid ?? element.textContent.trim().slice(0, 40);
  // Of a choice that is drawn by its label, the label is pressed.
  const targetOf = (control) =>
    (control.matches('[type=radio],[type=checkbox],[type=file]') && control.closest('label')) || control;
  // The part of the window in which an element shows: what it is scrolled in cuts it off.
  const viewOf = (element) => {
    const { parentElement: parent } = element;
    if (parent === null || element.matches('dialog:modal')) return { top: 0, bottom: innerHeight };
    const view = viewOf(parent);
    if (getComputedStyle(parent).overflowY !== 'auto') return view;
    const { top, bottom } = parent.getBoundingClientRect();
    return { top: Math.max(top, view.top), bottom: Math.min(bottom, view.bottom) };
  };
  const isSeen = (element) => {
    if (scrolls) element.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' });
    const { left, right, top, bottom, height } = element.getBoundingClientRect();
    if (left < -1 || right > innerWidth + 1) return false;
    // What is higher than its room is read by scrolling, and pressed wherever it is seen.
    const view = viewOf(element);
    if (height < view.bottom - view.top && (top < view.top - 1 || bottom > view.bottom + 1)) return false;
    return [left + 4, (left + right) / 2, right - 4].every((x) => {
      const hit = document.elementFromPoint(x, (top + bottom) / 2);
      return hit !== null && (element.contains(hit) || hit.contains(element));
    });
  };
  const root = document.querySelector('dialog:modal') ?? document;
  const controls = [...root.querySelectorAll('button, a[href], input, select, textarea')]
    .filter((control) => !control.disabled)
    .map(targetOf)
    .filter((control) => control.checkVisibility({ visibilityProperty: true }));
  const scrolling = [...document.querySelectorAll('body *')].filter(
    (element) => getComputedStyle(element).overflowX === 'auto' && element.checkVisibility(),
  );
  const sideways = Math.max(
    document.documentElement.scrollWidth - innerWidth,
    ...scrolling.map((element) => element.scrollWidth - element.clientWidth),
  );
  const texts = [...root.querySelectorAll('h1, h2, h3, p, li, dt, dd, td, th, strong, label')].filter(
    (element) => element.textContent.trim() !== '' && element.checkVisibility({ visibilityProperty: true }),
  );
  const isCut = (element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    if (left < -1 || right > innerWidth + 1) return true;
    const view = viewOf(element);
    return !scrolls && (top < view.top - 1 || bottom > view.bottom + 1);
  };
  const isSmall = (control) => {
    const { width, height } = control.getBoundingClientRect();
    return width < least - 0.5 || height < least - 0.5;
  };
  return [
    ...texts.filter(isCut).map((element) => 'cut off: ' + nameOf(element)),
    ...[...new Set(controls)].filter((control) => !isSeen(control)).map(nameOf),
    ...[...new Set(controls)].filter(isSmall).map((control) => 'small: ' + nameOf(control)),
    ...(sideways > 0 ? ['scrolls ' + sideways + ' pixels sideways'] : []),
  ];
})`;
