export { templateErrors } from './errors.js';
export { findTemplate, isMarkup, templatesFolder } from './find-template.js';
export { findTemplateFaults, type TemplateFault } from './template-faults.js';
export { TemplateRenderer, type RenderOptions, type TemplateFiles } from './renderer.js';
