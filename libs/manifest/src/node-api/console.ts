/** `node:console`: the global one, which is the log of the run. */
export default Object.assign(Object.create(console) as object, { console });
