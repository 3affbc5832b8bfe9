import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

/** A calm blue violet: each step from the seventh on has a contrast of 4.5 with white. */
const annex: MantineColorsTuple = [
  '#eff1fe',
  '#dde1fb',
  '#b8c0f6',
  '#919cf1',
  '#6f7ded',
  '#5a69ea',
  '#4c5be0',
  '#3d4fd8',
  '#3242b8',
  '#283694',
];
const slate: MantineColorsTuple = [
  '#f8f9fb',
  '#f1f3f6',
  '#e5e8ee',
  '#d5dae3',
  '#b3bac8',
  '#8a93a6',
  '#626b7f',
  '#4a5366',
  '#2f3748',
  '#1a202e',
];
const night: MantineColorsTuple = [
  '#e6e9f0',
  '#c3c9d6',
  '#a2aabb',
  '#737c90',
  '#3b4356',
  '#2a3142',
  '#1e2432',
  '#161b27',
  '#11151f',
  '#0c0f17',
];

export const theme = createTheme({
  primaryColor: 'annex',
  primaryShade: { light: 7, dark: 7 },
  colors: { annex, gray: slate, dark: night },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Code", "JetBrains Mono", Menlo, Consolas, monospace',
  defaultRadius: 'md',
  headings: { fontWeight: '650', sizes: { h1: { fontSize: '1.5rem', lineHeight: '1.3' } } },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Modal: {
      defaultProps: {
        centered: true,
        overlayProps: { backgroundOpacity: 0.45 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
      styles: { title: { fontWeight: 700 } },
    },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300 } },
    Menu: { defaultProps: { shadow: 'md', position: 'bottom-end' } },
    Button: { defaultProps: { size: 'sm' } },
  },
});

/** Dimmed text that is still read with ease (WCAG 2.2 §1.4.3), and the surfaces that the console is made of. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': slate[6],
    '--mantine-color-body': '#ffffff',
    '--mantine-color-placeholder': slate[6],
    '--mantine-color-error': '#c4141c',
    '--annex-canvas': slate[0],
    '--annex-line': slate[2],
    '--annex-hover': slate[1],
    '--annex-good': '#0b7a4b',
    '--annex-bad': '#c4141c',
    '--annex-warn': '#8f5a00',
    '--annex-busy': '#2458c5',
    '--annex-quiet': slate[6],
    '--annex-good-dot': '#17a86a',
    '--annex-bad-dot': '#e5383f',
    '--annex-warn-dot': '#e6a117',
    '--annex-busy-dot': '#4a7df0',
    '--annex-quiet-dot': slate[5],
    '--annex-link': annex[8],
  },
  dark: {
    '--mantine-color-dimmed': night[2],
    '--mantine-color-body': night[7],
    '--mantine-color-placeholder': night[2],
    '--mantine-color-error': '#ff8f8f',
    '--annex-canvas': night[8],
    '--annex-line': night[5],
    '--annex-hover': night[6],
    '--annex-good': '#5fd6a0',
    '--annex-bad': '#ff8f8f',
    '--annex-warn': '#f2c466',
    '--annex-busy': '#8fb4ff',
    '--annex-quiet': night[2],
    '--annex-good-dot': '#2fbf81',
    '--annex-bad-dot': '#f2575d',
    '--annex-warn-dot': '#e6a117',
    '--annex-busy-dot': '#5f8ff5',
    '--annex-quiet-dot': night[3],
    '--annex-link': '#a9b4ff',
  },
});
