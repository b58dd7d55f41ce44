import { visibleText } from 'duetjs';
import { html, type TemplateResult } from 'lit';
import { LightElement } from '../shared/light-element';
import type { Output } from './runner-messages';

/** The latest so many prints are kept. */
const mostKept = 1000;

/** What the program printed, as text and tables, newest at the bottom and in sight. */
export class OutputList extends LightElement {
  #outputs: readonly Output[] = [];

  add(outputs: readonly Output[]): void {
    const cleared = outputs.findLastIndex(({ kind }) => kind === 'clear');
    const fresh = outputs.slice(cleared + 1);
    this.#outputs = [...(cleared === -1 ? this.#outputs : []), ...fresh].slice(-mostKept);
    this.requestUpdate();
  }

  clear(): void {
    this.#outputs = [];
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    return html`<div class="output" role="log" aria-label="Output of the program" tabindex="0" data-testid="output">${this.#outputs.map(showOutput)}</div>`;
  }

  protected override updated(): void {
    const box = this.querySelector('.output');
    box?.scrollTo({ top: box.scrollHeight });
  }
}

/** A program may print the owner's texts, so all is shown as such are. */
function showOutput(output: Output): TemplateResult {
  if (output.kind === 'line') {
    return html`<div class="line ${output.tone}" data-testid="output-${output.tone}">${visibleText(output.text)}</div>`;
  }
  if (output.kind === 'clear') return html``;
  const { columns, rows } = output;
  return html`<div class="output-table">
    <table data-testid="output-table">
      <thead>
        <tr>
          ${columns.map((column) => html`<th scope="col">${visibleText(column)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${visibleText(cell)}</td>`)}</tr>`)}
      </tbody>
    </table>
  </div>`;
}

customElements.define('duet-output-list', OutputList);

declare global {
  interface HTMLElementTagNameMap {
    'duet-output-list': OutputList;
  }
}
