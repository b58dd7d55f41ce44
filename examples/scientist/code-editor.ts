import { javascript, javascriptLanguage } from '@codemirror/lang-javascript';
import { basicSetup, EditorView } from 'codemirror';
import { plainTyping } from './plain-typing';

const look = EditorView.theme({
  '&': {
    minHeight: '12rem',
    maxHeight: '34rem',
    fontSize: '0.8125rem',
    backgroundColor: 'transparent',
  },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5', overflow: 'auto' },
  '.cm-gutters': { backgroundColor: 'transparent', borderRight: '1px solid #0002' },
  '&.cm-focused': { outline: '2px solid #3b5bb5', outlineOffset: '-2px' },
});

/**
 * The editor, in a shadow tree: there CodeMirror adopts its styles, as the page's policy allows, and adds no style
 * element, which it would forbid. Fires `run` on Ctrl+Enter or Cmd+Enter.
 */
export class CodeEditor extends HTMLElement {
  #view: EditorView | undefined;
  #initial = '';

  connectedCallback(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    this.#view = new EditorView({
      doc: this.#initial,
      root,
      parent: root,
      extensions: [
        // Before the others, so that its Ctrl+Enter is not taken for a new line.
        EditorView.domEventHandlers({ keydown: (event) => this.#runOnEnter(event) }),
        plainTyping,
        basicSetup,
        javascript(),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': 'Program', 'data-testid': 'editor-text' }),
        look,
      ],
    });
  }

  disconnectedCallback(): void {
    this.#initial = this.code;
    this.#view?.destroy();
    this.#view = undefined;
  }

  get code(): string {
    return this.#view?.state.doc.toString() ?? this.#initial;
  }

  set code(code: string) {
    this.#initial = code;
    const view = this.#view;
    view?.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: code } });
  }

  /** The line of the first thing that is no JavaScript; engines do not tell it of code that is made from a text. */
  syntaxProblemLine(): number | undefined {
    let at: number | undefined;
    javascriptLanguage.parser.parse(this.code).iterate({
      enter(node) {
        if (node.type.isError) at ??= node.from;
      },
    });
    return at === undefined ? undefined : this.#view?.state.doc.lineAt(at).number;
  }

  goToLine(line: number): void {
    const view = this.#view;
    if (!view) return;
    const { from, to } = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines));
    view.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true });
    view.focus();
  }

  #runOnEnter(event: KeyboardEvent): boolean {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return false;
    this.dispatchEvent(new CustomEvent('run'));
    return true;
  }
}

customElements.define('duet-code-editor', CodeEditor);

declare global {
  interface HTMLElementTagNameMap {
    'duet-code-editor': CodeEditor;
  }
}
