/** `node:tty`: nothing here is a terminal. */
export default { isatty: () => false };
