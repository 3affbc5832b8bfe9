import { describe, expect, it } from 'vitest';
import { findTemplateFaults } from './template-faults.js';

describe('templates are read for faults', () => {
  it.each<[string, string, number | undefined, string]>([
    ['a tag that does not close', 'one\n{% if a %}two', 2, 'tag {% if a %} not closed'],
    ['an output that does not close', 'one\n\n{{ a', 3, 'output "{{ a" not closed'],
    ['no such tag', '{% nosuch %}', 1, 'tag "nosuch" not found'],
    ['no such filter', 'one\n\n{{ name | nosuch }}', 3, 'undefined filter: nosuch'],
    ['half a condition', '\n{% if %}{% endif %}', 2, 'value'],
  ])('%s', (_how, text, line, words) => {
    const [fault, ...more] = findTemplateFaults({ 'sound.html': '{{ a | upcase }}', 'bad.html': text });
    expect(fault).toMatchObject({ file: 'bad.html', line });
    expect(fault?.message).toContain(words);
    expect(fault?.message).not.toMatch(/, (file|line):/);
    expect(more).toEqual([]);
  });

  it('and none is found in what can be rendered, whatever it puts in', () => {
    const sound = [
      'Hello {{ name | escape }}',
      '{% layout "frame.html" %}{% block main %}x{% endblock %}',
      '{% render "nosuch" %}',
      '{% for a in b %}{{ a | newline_to_br }}{% endfor %}',
      'no template at all } %} ',
      '',
    ];
    expect(findTemplateFaults(Object.fromEntries(sound.map((text, index) => [`${index}.html`, text])))).toEqual([]);
  });

  it('nested deeper than can be read', () => {
    expect(findTemplateFaults({ 'deep.html': '{% if a %}'.repeat(20_000) })).toHaveLength(1);
  });
});
