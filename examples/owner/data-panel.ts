import {
  type CsvTable,
  dataFileTypes,
  errorWords,
  type FileArray,
  readDataFile,
} from '@duet/elements';
import type { OwnerDuet } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { LightElement } from '../shared/light-element';
import { type Digits, fetchDigits } from './digits-form';

/** Credit and licence of the sample, which go wherever it goes. */
const sample = {
  path: '/data/breast-cancer.csv',
  description:
    'Breast cancer Wisconsin (diagnostic): 30 measurements of cell nuclei; malignant is 1 or 0. W. Wolberg, O. Mangasarian, N. Street, W. Street, UCI, 1993, doi:10.24432/C5DW2B, CC BY 4.0.',
};

interface Opened {
  readonly name: string;
  readonly description: string;
  readonly file:
    | { readonly kind: 'table'; readonly table: CsvTable }
    | { readonly kind: 'array'; readonly array: FileArray };
}

/** Choosing a table, publishing from it, and what is published. */
export class DataPanel extends LightElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #opened: Opened | undefined;
  #digits: Digits | undefined;
  #reading = false;
  #problem = '';
  #done = '';
  #isOver = false;

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('dragover', preventNavigation);
    window.addEventListener('drop', preventNavigation);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('dragover', preventNavigation);
    window.removeEventListener('drop', preventNavigation);
  }

  protected override render(): TemplateResult {
    return html`<section class="panel" aria-labelledby="data-title" data-testid="data-panel">
      <div class="panel-head"><h2 id="data-title">Data</h2></div>
      ${this.#content()}
      <div role="status">
        ${this.#reading ? html`<p class="notice">Reading…</p>` : nothing}
        ${this.#done === '' ? nothing : html`<p class="notice good" data-testid="data-done">${this.#done}</p>`}
      </div>
      ${
        this.#problem === ''
          ? nothing
          : html`<p class="notice bad" role="alert" data-testid="data-error">${this.#problem}</p>`
      }
      <duet-store-list .duet=${this.duet}></duet-store-list>
      <duet-kept-objects .duet=${this.duet}></duet-kept-objects>
    </section>`;
  }

  #content(): TemplateResult {
    if (this.#opened) return this.#form(this.#opened);
    return this.#digits ? this.#digitsForm(this.#digits) : this.#chooser();
  }

  #chooser(): TemplateResult {
    return html`<div
      class="drop ${this.#isOver ? 'over' : ''}"
      data-testid="data-drop"
      @dragover=${this.#dragOver}
      @dragleave=${this.#dragLeave}
      @drop=${this.#drop}
    >
      <p>Drop a file here. It is read in this tab and uploaded nowhere.</p>
      <p class="soft small">
        A CSV with a line of column names, an array of NumPy (.npy), IDX or JSON; packed as gzip or not.
      </p>
      <div class="row">
        <label class="button file">
          Choose a file…
          <input
            type="file"
            accept=${dataFileTypes}
            data-testid="data-file"
            ?disabled=${this.#reading}
            @change=${this.#choose}
          />
        </label>
        <button type="button" data-testid="data-sample" ?disabled=${this.#reading} @click=${this.#openSample}>
          Use the sample data
        </button>
        <button type="button" data-testid="digits-sample" ?disabled=${this.#reading} @click=${this.#openDigits}>
          Use handwritten digits
        </button>
      </div>
      <p class="soft small" data-testid="data-licence">
        Sample: Breast Cancer Wisconsin (Diagnostic), 456 rows. W. Wolberg, O. Mangasarian, N. Street, W. Street, UCI,
        1993, <a href="https://doi.org/10.24432/C5DW2B" target="_blank" rel="noreferrer">doi:10.24432/C5DW2B</a>,
        <a href="https://creativecommons.org/licenses/by/4.0/" target="_blank" rel="noreferrer">CC BY 4.0</a>; a sample of the rows.
        Digits: MNIST, 6000 and 1000 images. Y. LeCun, C. Cortes,
        <a href="https://creativecommons.org/licenses/by-sa/3.0/" target="_blank" rel="noreferrer">CC BY-SA 3.0</a>.
      </p>
    </div>`;
  }

  #form({ name, description, file }: Opened): TemplateResult {
    if (file.kind === 'array') {
      return html`<duet-array-form
        .duet=${this.duet}
        .array=${file.array}
        .name=${name}
        @published=${(event: CustomEvent<string>) => this.#close(`Published: ${event.detail}.`)}
        @cancelled=${() => this.#close('')}
      ></duet-array-form>`;
    }
    return html`<duet-publish-form
      .duet=${this.duet}
      .table=${file.table}
      .name=${name}
      .description=${description}
      @published=${(event: CustomEvent<string>) => this.#close(`Published: ${event.detail}.`)}
      @cancelled=${() => this.#close('')}
    ></duet-publish-form>`;
  }

  #digitsForm(digits: Digits): TemplateResult {
    return html`<duet-digits-form
      .duet=${this.duet}
      .digits=${digits}
      @published=${(event: CustomEvent<string>) => this.#close(`Published: ${event.detail}.`)}
      @cancelled=${() => this.#close('')}
    ></duet-digits-form>`;
  }

  #close(done: string): void {
    this.#opened = undefined;
    this.#digits = undefined;
    this.#done = done;
    this.requestUpdate();
  }

  #dragOver(event: DragEvent): void {
    event.preventDefault();
    this.#setOver(true);
  }

  #dragLeave(): void {
    this.#setOver(false);
  }

  #setOver(isOver: boolean): void {
    if (this.#isOver === isOver) return;
    this.#isOver = isOver;
    this.requestUpdate();
  }

  #drop(event: DragEvent): void {
    event.preventDefault();
    this.#setOver(false);
    const file = event.dataTransfer?.files[0];
    if (file) void this.#open(async () => ({ file, description: '' }));
  }

  #choose(event: Event & { readonly currentTarget: HTMLInputElement }): void {
    const file = event.currentTarget.files?.[0];
    if (file) void this.#open(async () => ({ file, description: '' }));
  }

  #openSample(): void {
    void this.#open(async () => {
      const response = await fetch(sample.path);
      if (!response.ok) throw new Error('The sample data is not on this server.');
      const file = new File([await response.blob()], 'breast-cancer.csv', { type: 'text/csv' });
      return { file, description: sample.description };
    });
  }

  #openDigits(): void {
    void this.#read(async () => {
      this.#digits = await fetchDigits();
    });
  }

  #open(choose: () => Promise<{ file: File; description: string }>): Promise<void> {
    return this.#read(async () => {
      const { file, description } = await choose();
      const name = file.name.replace(/\.gz$/i, '').replace(/\.[^.]+$/, '');
      this.#opened = { name, description, file: await readDataFile(file) };
    });
  }

  async #read(open: () => Promise<void>): Promise<void> {
    this.#reading = true;
    this.#problem = '';
    this.#done = '';
    this.requestUpdate();
    try {
      await open();
    } catch (error) {
      this.#problem = errorWords(error);
    }
    this.#reading = false;
    this.requestUpdate();
  }
}

/** A file that misses the drop zone would be opened in place of this page, and end the session. */
function preventNavigation(event: DragEvent): void {
  event.preventDefault();
}

customElements.define('duet-data-panel', DataPanel);
