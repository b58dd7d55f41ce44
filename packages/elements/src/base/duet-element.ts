import { type CSSResultGroup, LitElement, type PropertyValues, unsafeCSS } from 'lit';
import sheet from './sheet.css?inline';

/**
 * What all elements share: one stylesheet, which a page changes by the custom properties `--duet-…` and by parts, and a
 * place that is given up while there is nothing to show.
 */
export abstract class DuetElement extends LitElement {
  static override readonly styles: CSSResultGroup = unsafeCSS(sheet);

  protected override updated(_changed: PropertyValues<this>): void {
    this.toggleAttribute('empty', this.renderRoot.childElementCount === 0);
  }
}
