/** HTML that is safe by construction: text from outside is escaped, markup created here is not. */

/** Text that is already HTML. */
export class Markup {
  constructor(readonly text: string) {}
}

type Content = Markup | string | number | false | undefined | null | readonly Content[];

/** A template tag: values are escaped unless they are {@link Markup}; lists are joined; false and undefined are left out. */
export function html(strings: TemplateStringsArray, ...values: Content[]): Markup {
  return new Markup(strings.map((text, i) => (i === 0 ? text : render(values[i - 1]) + text)).join(''));
}

function render(value: Content): string {
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(render).join('');
  if (value === false || value === undefined || value === null) return '';
  return escapeHtml(String(value));
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Escapes text for HTML; invisible characters and those that change the direction of writing become `\u` and a number. */
export function escapeHtml(text: string): string {
  const visible = text.replace(/(?![\n\t])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return visible.replace(/[&<>"']/g, (character) => entities[character]);
}
