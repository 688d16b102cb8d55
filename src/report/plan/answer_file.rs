//! The answer file of solution 4, one for each architecture that the article names. It holds nothing foreign.

use crate::facts::ids::Arch;
use crate::inf_db::InfDb;

/// `unattend.xml` by architecture.
pub(super) fn all(db: &InfDb) -> Vec<(Arch, String)> {
    let facts = db.remedies().answer_file();
    let file = |arch: Arch| {
        format!(
            r#"<?xml version="1.0" encoding="utf-8"?>
<unattend xmlns="{namespace}">
  <settings pass="{pass}">
    <component name="{component}" processorArchitecture="{arch}" publicKeyToken="{token}" language="{language}" versionScope="{scope}" xmlns:wcm="{wcm}" xmlns:xsi="{xsi}">
      <DriverPaths>
        <PathAndCredentials wcm:action="add" wcm:keyValue="{key}">
          <Path>{path}</Path>
        </PathAndCredentials>
      </DriverPaths>
    </component>
  </settings>
</unattend>
"#,
            namespace = facts.namespace,
            pass = facts.pass,
            component = facts.component,
            token = facts.public_key_token,
            language = facts.language,
            scope = facts.version_scope,
            wcm = facts.wcm_namespace,
            xsi = facts.xsi_namespace,
            key = facts.key,
            path = facts.path,
        )
    };
    facts.archs.iter().map(|arch| (*arch, file(*arch))).collect()
}
