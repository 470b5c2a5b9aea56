/**
 * Return the UTF-16 index of a code point.
 *
 * Offsets of citations count Unicode code points, as Python does; JavaScript strings count UTF-16 units, in which an
 * emoji takes two. Beyond the end, the end is returned.
 */
export function utf16Index(text: string, codePoint: number): number {
  let index = 0;
  for (let passed = 0; passed < codePoint && index < text.length; passed += 1) {
    const unit = text.codePointAt(index) ?? 0;
    index += unit > 0xffff ? 2 : 1;
  }
  return index;
}

export interface Quoted {
  before: string;
  quote: string;
  after: string;
}

/** Cut a text at a range given in code points. */
export function cutAt(text: string, start: number, end: number): Quoted {
  const from = utf16Index(text, start);
  const to = from + utf16Index(text.slice(from), end - start);
  return { before: text.slice(0, from), quote: text.slice(from, to), after: text.slice(to) };
}
