import type { OwnerDuet, PublishedDataSet, PublishedObject } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { LightElement } from '../shared/light-element';
import { errorWords, shapeWords } from '../shared/words';
import { followDuet } from './follow-duet';

type Item = PublishedObject | PublishedDataSet;

/** What is published, data sets as a whole. */
export class StoreList extends LightElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #problem = '';

  constructor() {
    super();
    followDuet(this, 'store');
  }

  get #items(): readonly Item[] {
    const { store } = this.duet;
    const own = store.table().filter(({ of }) => of === 'owner');
    return [...new Set(own.map(({ id }) => wholeOf(store.get(id))))];
  }

  protected override render(): TemplateResult {
    const items = this.#items;
    return html`<h3 id="published-title">Published</h3>
      ${
        items.length === 0
          ? html`<p class="empty" data-testid="published-empty">
            Nothing yet. What you publish can be computed on by the scientist you admit, and seen by nobody.
          </p>`
          : html`<ul class="items" aria-labelledby="published-title" data-testid="published">
            ${repeat(
              items,
              ({ id }) => id,
              (item) => this.#row(item),
            )}
          </ul>`
      }
      ${this.#problem === '' ? nothing : html`<p class="notice bad" role="alert">${this.#problem}</p>`}`;
  }

  #row(item: Item): TemplateResult {
    const { id, tags } = item;
    const name = 'fields' in item ? item.name : '';
    return html`<li class="item" data-testid="published-item" data-id=${id}>
      <div class="grow">
        <strong>${name || tags[0] || id}</strong> <span class="soft small">${id}</span>
        <div class="small mono">${shapesOf(item)}</div>
        ${tags.map((tag) => html`<span class="tag">${tag}</span> `)}
      </div>
      <button
        type="button"
        class="small danger"
        data-testid="published-remove"
        aria-label="Take back ${name || tags[0] || id}"
        @click=${() => this.#remove(id)}
      >
        Take back
      </button>
    </li>`;
  }

  #remove(id: string): void {
    this.#problem = '';
    try {
      this.duet.store.remove(id);
    } catch (error) {
      this.#problem = errorWords(error);
    }
    this.requestUpdate();
  }
}

function wholeOf(item: Item): Item {
  return 'fields' in item ? item : (item.dataSet ?? item);
}

function shapesOf(item: Item): string {
  const shapeOf = ({ value: { meta } }: PublishedObject) =>
    `${meta.dtype} ${shapeWords(meta.shape)}`;
  if (!('fields' in item)) return shapeOf(item);
  return [...item.fields].map(([field, object]) => `${field}: ${shapeOf(object)}`).join(' · ');
}

customElements.define('duet-store-list', StoreList);
