import { visibleText } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';

/**
 * Words of the other side: as text, every trick made visible, in a box that says whose words they are, so that they
 * cannot pass for the page's own.
 */
export function quotedWords(caption: string, words: string, testId: string): TemplateResult {
  return html`<figure class="quoted">
    <figcaption>${caption}</figcaption>
    <div class="quoted-text" data-testid=${testId}>
      ${words === '' ? html`<span class="soft">(nothing)</span>` : html`<bdi>${visibleText(words)}</bdi>`}
    </div>
  </figure>`;
}

/** A short word of the other side inside one of our lines, in a border of its own. */
export function quotedWord(word: string): TemplateResult | typeof nothing {
  return word === '' ? nothing : html`<bdi class="tag">${visibleText(word)}</bdi>`;
}
