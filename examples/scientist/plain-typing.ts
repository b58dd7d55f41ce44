import { EditorView } from 'codemirror';

/** Where Chrome keeps the selection of a shadow tree; other browsers have no need of all this. */
interface OwnSelection {
  getSelection?(): Selection | null;
}

/** What typing is about to replace; undefined where it replaces nothing. */
function replaced(view: EditorView): { from: number; to: number } | undefined {
  const { from, to, empty } = view.state.selection.main;
  if (!empty) return { from, to };
  // A selection that was made a moment ago may not have come to the editor's knowledge yet.
  const selection = (view.root as OwnSelection).getSelection?.();
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return undefined;
  const range = selection.getRangeAt(0);
  return {
    from: view.posAtDOM(range.startContainer, range.startOffset),
    to: view.posAtDOM(range.endContainer, range.endOffset),
  };
}

/**
 * Typing over a selection, done by the editor itself. Chrome would keep the colour of what was selected in an inline style,
 * which the page's policy forbids, and report that as a violation each time.
 */
export const plainTyping = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { data: text, inputType } = event;
    if (inputType !== 'insertText' || text === null || view.composing) return false;
    const range = replaced(view);
    if (!range) return false;
    const { from, to } = range;
    const insert = () =>
      view.state.update({
        changes: { from, to, insert: text },
        selection: { anchor: from + text.length },
        userEvent: 'input.type',
        scrollIntoView: true,
      });
    // Such as the one that puts brackets around what is selected.
    const handlers = view.state.facet(EditorView.inputHandler);
    if (!handlers.some((handle) => handle(view, from, to, text, insert))) view.dispatch(insert());
    return true;
  },
});
