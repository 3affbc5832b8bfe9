import { afterAll, describe, expect, it } from 'vitest';
import { isMarkup, TemplateRenderer, type TemplateFiles } from './index.js';

const renderer = new TemplateRenderer();
afterAll(() => renderer.stop());

const render = (files: TemplateFiles, name: string, data: object = {}, tenant = 'one'): Promise<string> =>
  renderer.render({ files, name, data, tenant });
const renderText = (source: string, data: object = {}): Promise<string> => render({ 't.txt': source }, 't.txt', data);

describe('rendering', () => {
  it('fills a template with data, and includes the package’s others', async () => {
    const files = {
      'mail.html':
        '{% layout "frame.html" %}{% block body %}Hi {{ user.name }}, {% render "parts/list.html", items: items ' +
        '%}{% endblock %}',
      'frame.html': '<b>{% block body %}{% endblock %}</b>',
      'parts/list.html': '{% for item in items %}{{ item }};{% endfor %}',
    };
    expect(await render(files, 'mail.html', { user: { name: 'Ada' }, items: [1, 2] })).toBe('<b>Hi Ada, 1;2;</b>');
    expect(await renderText('{% include "t2" %}{{ "x" | upcase }}', {}).catch((thrown: Error) => thrown)).toMatchObject(
      { code: 'TEMPLATE_INVALID' },
    );
  });

  it('escapes what it puts out, except in templates whose name says that they make plain text', async () => {
    const data = { name: '<b>&"' };
    for (const file of ['a.html', 'a.liquid', 'a.html.liquid', 'a.svg'])
      expect(await render({ [file]: '<i>{{ name }}</i>' }, file, data), file).toBe('<i>&lt;b&gt;&amp;&#34;</i>');
    for (const file of ['a.txt', 'a.txt.liquid', 'a.md', 'a.csv.liquid'])
      expect(await render({ [file]: '{{ name }}' }, file, data), file).toBe('<b>&"');
    expect(await render({ 'a.html': '{{ name | raw }}' }, 'a.html', data)).toBe('<b>&"');
    expect(isMarkup('txt')).toBe(true);
  });

  it('finds a template by its name without ending, or with the folder', async () => {
    const files = { 'welcome.html.liquid': 'html', 'plain.liquid': 'plain' };
    for (const name of ['welcome', 'welcome.html.liquid', 'templates/welcome', 'welcome.html'])
      expect(await render(files, name), name).toBe('html');
    await expect(render(files, 'wellcome.html.liquid')).rejects.toMatchObject({
      code: 'TEMPLATE_NOT_FOUND',
      message: expect.stringContaining('Did you mean "welcome.html.liquid"?'),
    });
    for (const name of ['../plugin.json', '/etc/passwd', 'plain.liquid\0', '__proto__', 'constructor'])
      await expect(render(files, name), name).rejects.toMatchObject({ code: 'TEMPLATE_NOT_FOUND' });
  });

  it('escapes once what says so itself, however it comes to be put out', async () => {
    const data = { name: '<b>&"' };
    const once = '&lt;b&gt;&amp;&#34;';
    const html = (source: string): Promise<string> => render({ 'a.html': source }, 'a.html', data);
    for (const source of [
      '{{ name | escape }}',
      '{{ name | escape_once }}',
      '{{ name | escape | escape }}',
      '{% assign x = name | escape %}{{ x }}',
      '{% assign x = name | escape %}{{ x | raw }}',
      '{{ name | escape | raw }}',
      '{{ name | strip | escape }}',
      '{{ none | default: name | escape }}',
    ]) {
      expect(await html(source), source).toBe(once);
    }
    expect(await html('{{ name | escape | newline_to_br }}|{{ "a\nb" | escape | newline_to_br }}')).toBe(
      `${once}|a<br />\nb`,
    );
    expect(await html('{{ name | escape | size }}{% if name == "" %}{% else %}!{% endif %}')).toBe(`${once.length}!`);
    // What is done to the text afterwards is not known to be HTML any more.
    expect(await html('{{ name | escape | append: "<i>" }}')).not.toContain('<i>');
    expect(await render({ 'a.txt': '{{ name | escape }}' }, 'a.txt', data)).toBe(once);
  });

  it('puts in other templates by name, with or without ending and folder, and names a missing one', async () => {
    const files = { 'parts/list.html.liquid': 'list', 'foot.html': 'foot', 'word.txt': 'word' };
    for (const [name, text] of [
      ['parts/list', 'list'],
      ['parts/list.html', 'list'],
      ['parts/list.html.liquid', 'list'],
      ['templates/parts/list', 'list'],
      ['foot', 'foot'],
      ['foot.html', 'foot'],
      ['word', 'word'],
    ]) {
      for (const tag of ['render', 'include'])
        expect(await render({ ...files, 'a.html': `{% ${tag} "${name}" %}` }, 'a.html'), `${tag} ${name}`).toBe(text);
    }
    expect(
      await render(
        { 'frame.html': '<{% block x %}{% endblock %}>', 'a.html': '{% layout "frame" %}{% block x %}y{% endblock %}' },
        'a',
      ),
    ).toBe('<y>');
    await expect(render({ ...files, 'a.html': '\n{% render "parts/lost" %}' }, 'a.html')).rejects.toMatchObject({
      code: 'TEMPLATE_INVALID',
      message: expect.stringMatching(/templates\/a\.html, line 2: there is no template "parts\/lost" to put in\./),
    });
    await expect(render({ 'a.html': '{% render "b" %}', 'b.html.liquid': '\n{% if %}' }, 'a')).rejects.toMatchObject({
      message: expect.stringContaining('templates/b.html.liquid, line 2'),
    });
  });

  it('names file and line of a fault, in an included template too', async () => {
    await expect(render({ 'bad.html': 'one\ntwo {% if %}' }, 'bad.html')).rejects.toMatchObject({
      code: 'TEMPLATE_INVALID',
      message: expect.stringContaining('templates/bad.html, line 2'),
    });
    await expect(
      render({ 'a.html': '\n{% render "b.html" %}', 'b.html': '\n\n\n{{ 1 | nosuchfilter }}' }, 'a.html'),
    ).rejects.toMatchObject({
      code: 'TEMPLATE_INVALID',
      message: expect.stringMatching(/templates\/b\.html, line 4.*nosuchfilter/s),
      extra: { template: 'b.html', line: 4 },
    });
    await expect(render({ 'a.html': '\n{% include "none.html" %}' }, 'a.html')).rejects.toMatchObject({
      code: 'TEMPLATE_INVALID',
      message: expect.stringContaining('line 2'),
    });
  });
});

describe('what a template cannot reach', () => {
  it.each([
    '{% include "/etc/passwd" %}',
    '{% include "../../etc/passwd" %}',
    '{% render "/etc/hostname" %}',
    '{% layout "package.json" %}',
    '{% include "file:///etc/passwd" %}',
  ])('no file of the machine: %s', async (source) => {
    await expect(renderText(source)).rejects.toMatchObject({ code: 'TEMPLATE_INVALID' });
  });

  it.each([
    '{{ constructor }}',
    '{{ "".constructor.constructor }}',
    '{{ data.__proto__ }}',
    '{{ data.toString }}',
    '{{ process.env }}',
    '{{ globalThis }}',
    '{{ list.constructor.name }}',
    '{{ toString }}',
  ])('nothing behind its data: %s', async (source) => {
    expect(await renderText(source, { data: {}, list: [] })).toBe('');
  });
});

describe('limits', () => {
  const bombs: [string, string][] = [
    ['a loop over a range', '{% for i in (1..100000000) %}x{% endfor %}'],
    [
      'loops in loops',
      '{% for a in (1..1000) %}{% for b in (1..1000) %}{% for c in (1..1000) %}x{% endfor %}{% endfor %}{% endfor %}',
    ],
    [
      'text that doubles',
      `{% assign x = "0123456789" %}{% for i in (1..60) %}{% assign x = x | append: x %}{% endfor %}{{ x | size }}`,
    ],
    [
      'a capture that doubles',
      '{% capture x %}0123456789{% endcapture %}{% for i in (1..60) %}{% capture x %}{{ x }}{{ x }}{% endcapture ' +
        '%}{% endfor %}',
    ],
    [
      'a replacement that explodes',
      `{% assign x = "aaaaaaaaaa" %}{% for i in (1..12) %}{% assign x = x | replace: "a", "aaaaaaaaaa" %}{% endfor %}`,
    ],
    [
      'lists that double',
      `{% assign x = "a,b" | split: "," %}{% for i in (1..60) %}{% assign x = x | concat: x %}{% endfor %}`,
    ],
    ['padding', '{{ "2020-01-01" | date: "%999999999d" }}'],
    ['itself', '{% render "t.txt" %}'],
    ['itself, included', '{% include "t.txt" %}'],
    ['a table', '{% tablerow i in (1..100000000) %}x{% endtablerow %}'],
    ['much output', `{% assign x = "${'x'.repeat(10_000)}" %}{% for i in (1..390) %}{{ x }}{% endfor %}`],
    [
      'json of a deep list',
      '{% assign x = "a" | split: "" %}{% for i in (1..100000) %}{% assign x = x | push: x %}{% endfor %}{{ x | ' +
        'json }}',
    ],
    ['sorting', `{% assign x = (1..1000000) %}{% for i in (1..1000) %}{% assign y = x | reverse | sort %}{% endfor %}`],
  ];
  it.each(bombs)('ends %s, by name', async (_name, source) => {
    const thrown = await renderText(source).then(
      (text) => `${text.length} characters`,
      (error: unknown) => error,
    );
    expect(thrown).toMatchObject({ code: 'TEMPLATE_LIMIT', message: expect.stringContaining('templates/t.txt') });
  });

  it('goes on after a template that had to be ended, and lets other tenants render meanwhile', async () => {
    const bomb = renderText(bombs[1]?.[1] ?? '').catch((thrown: { code: string }) => thrown.code);
    const other = render({ 'a.txt': 'quick' }, 'a.txt', {}, 'two');
    expect(await other).toBe('quick');
    expect(await bomb).toBe('TEMPLATE_LIMIT');
    expect(await renderText('still {{ x }}', { x: 'here' })).toBe('still here');
  });

  it('takes no more data than its limit', async () => {
    await expect(renderText('x', { x: 'x'.repeat(600_000) })).rejects.toMatchObject({ code: 'TEMPLATE_LIMIT' });
  });
});
