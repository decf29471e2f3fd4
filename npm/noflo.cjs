// NoFlo calls the components of a package after the package. This lists ours as our graphs have them, `chat/NAME`, in any project.
const { join } = require('node:path');
const { modules } = require('../fbp.json');

const own = modules.filter(({ base }) => base === '');

module.exports = (loader, done) => {
  for (const { name: library, icon, components } of own) {
    loader.setLibraryIcon(library, icon);
    for (const { name, path } of components) loader.registerComponent(library, name, join(__dirname, '..', path));
  }
  done(null);
};
