/** Selects the content of `element`, so that the user can copy it by keyboard. */
function selectText(element: Node): void {
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = getSelection();
  selection?.removeAllRanges();
  selection?.addRange(range);
}

/**
 * Makes each button with `data-copies` copy the text of the element with that id, and confirms it in `status`. Over plain http
 * from another machine there is no clipboard: then the text is selected.
 */
export function enableCopyButtons(status: HTMLElement): void {
  document.querySelectorAll<HTMLElement>('[data-copies]').forEach((button) => {
    const source = document.getElementById(button.dataset.copies ?? '');
    if (source === null) return;
    const selectSource = () => {
      selectText(source);
      status.textContent = 'Selected: copy it with your keyboard';
    };
    button.addEventListener('click', () => {
      const clipboard = navigator.clipboard as Clipboard | undefined;
      if (clipboard === undefined) {
        selectSource();
        return;
      }
      clipboard.writeText(source.textContent ?? '').then(() => {
        status.textContent = 'Copied';
        button.dataset.copied = '';
        button.addEventListener('blur', () => delete button.dataset.copied, { once: true });
      }, selectSource);
    });
  });
}
