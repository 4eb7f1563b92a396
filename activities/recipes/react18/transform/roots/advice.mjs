/** How a person migrates what is left of each function. */
export const FIX = {
  render: 'Create one root with `createRoot(container)` and call `root.render(element)`.',
  hydrate: 'Call `hydrateRoot(container, element)`.',
  unmountComponentAtNode: 'Call `root.unmount()` on the root that rendered into this container.',
  unstable_renderSubtreeIntoContainer: 'Render a portal (`createPortal`) from the parent component.',
  shared: 'If so, create the root in a module that both import.',
  returned: 'Check the callers; where one needs the instance, get it with a `ref`.',
  value: 'Get the instance with a `ref`, then create one root with `createRoot(container)` and call `root.render(element)`.',
};
