//! The form in which a [`DriverPackage`] is kept for the next run.
//!
//! Its values share much: a text stands in many lines, architectures share the body of an install section, bodies share
//! their list of files. JSON writes all of that out; here each stands once, in a table, and is named by its number. Reading
//! it back gives a package that is equal to the one kept and shares as much.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::lint::KINDS;
use super::{
    CopiedFile, DriverPackage, DriverVer, InfProblem, InstallBody, InstallSection, Located, Manufacturer, Model,
    ModelsSection, NetInstall, ServiceInstall, VersionSection,
};
use crate::facts::ids::{Arch, HardwareId, ModelIds};

/// Place in the table of texts.
type Text = u32;

/// A package with its tables. Texts are borrowed, from the package or from the bytes that it is read from.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeptPackage<'a> {
    #[serde(borrow)]
    texts: Vec<&'a str>,
    version: VersionSection,
    manufacturers: Vec<Manufacturer>,
    models_sections: Vec<KeptModels>,
    copies: Vec<Vec<KeptCopy>>,
    bodies: Vec<KeptBody>,
    /// Name, architecture, place of its body.
    install_sections: Vec<(Text, Arch, u32)>,
    copy_inf: Vec<Located<String>>,
    has_class_install: bool,
    problems: Vec<KeptProblem>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptModels {
    name: String,
    line: u32,
    models: Vec<KeptModel>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptModel {
    description: Text,
    install_section: Text,
    /// Nearly every line has one id, for which no list is made.
    first_id: Option<Text>,
    more_ids: Vec<Text>,
    compatible_only: bool,
    line: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptBody {
    actual: Option<Text>,
    line: u32,
    nt_decorated: bool,
    services: Vec<KeptService>,
    /// Place in the table of file lists.
    copy_files: u32,
    copy_inf: Vec<Located<String>>,
    includes: Vec<Text>,
    needs: Vec<Text>,
    feature_score: Option<u8>,
    driver_ver: Option<Located<DriverVer>>,
    net: KeptNet,
    registry_ids: Vec<Located<Text>>,
    filters: Vec<Located<String>>,
    co_installers: Vec<Located<String>>,
    kmdf_library: Option<Located<String>>,
    boot_flags: Option<Located<u32>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptService {
    name: Text,
    flags: Option<u32>,
    associated: bool,
    section: Text,
    binary: Option<Located<Text>>,
    service_type: Option<u32>,
    start_type: Option<u32>,
    load_order_group: Option<Text>,
    line: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptCopy {
    destination: Text,
    source: Text,
    source_folder: Option<Text>,
    cabinet: Option<Text>,
    line: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptNet {
    characteristics: Option<Located<u32>>,
    bus_type: Option<Located<u32>>,
    if_type: Option<Located<u32>>,
    media_type: Option<Located<u32>>,
    physical_media_type: Option<Located<u32>>,
    upper_range: Option<Located<Text>>,
    lower_range: Option<Located<Text>>,
    ndi_service: Option<Located<Text>>,
    filter_class: Option<Located<Text>>,
    net_adapter_cx: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptProblem {
    line: u32,
    column: u32,
    /// Place in [`KINDS`].
    kind: u32,
    message: String,
    fatal: bool,
}

/// Address and length of a value: an empty one may end where another one begins.
type Place = (usize, usize);

/// Gives each shared value a number, by its place: what is shared in memory stands once in the table.
struct Table<V> {
    list: Vec<V>,
    numbers: HashMap<Place, u32>,
}

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self { list: Vec::new(), numbers: HashMap::new() }
    }
}

impl<V> Table<V> {
    fn number(&mut self, place: Place, value: impl FnOnce() -> V) -> u32 {
        if let Some(number) = self.numbers.get(&place) {
            return *number;
        }
        // A file has fewer texts than bytes, and no more than a gigabyte of those.
        let number = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(value());
        self.numbers.insert(place, number);
        number
    }
}

#[derive(Default)]
struct Writer<'a> {
    texts: Table<&'a str>,
    copies: Table<Vec<KeptCopy>>,
    bodies: Table<KeptBody>,
}

impl<'a> Writer<'a> {
    fn text(&mut self, text: &'a str) -> Text {
        self.texts.number((text.as_ptr().addr(), text.len()), || text)
    }

    fn maybe(&mut self, text: &'a Option<Arc<str>>) -> Option<Text> {
        text.as_deref().map(|t| self.text(t))
    }

    fn texts(&mut self, texts: &'a [Arc<str>]) -> Vec<Text> {
        texts.iter().map(|t| self.text(t)).collect()
    }

    fn located(&mut self, text: &'a Option<Located<Arc<str>>>) -> Option<Located<Text>> {
        text.as_ref().map(|t| Located { value: self.text(&t.value), line: t.line })
    }

    fn models(&mut self, section: &'a ModelsSection) -> KeptModels {
        let models = section.models.iter().map(|model| {
            let mut ids = model.ids.iter();
            KeptModel {
                description: self.text(&model.description),
                install_section: self.text(&model.install_section),
                first_id: ids.next().map(|id| self.text(id.as_str())),
                more_ids: ids.map(|id| self.text(id.as_str())).collect(),
                compatible_only: model.compatible_only,
                line: model.line,
            }
        });
        let models = models.collect();
        KeptModels { name: section.name.clone(), line: section.line, models }
    }

    fn section(&mut self, section: &'a InstallSection) -> (Text, Arch, u32) {
        let place = (Arc::as_ptr(&section.body).addr(), 1);
        let body = match self.bodies.numbers.get(&place) {
            Some(number) => *number,
            None => {
                let body = self.body(&section.body);
                self.bodies.number(place, || body)
            }
        };
        (self.text(&section.name), section.arch, body)
    }

    fn body(&mut self, body: &'a InstallBody) -> KeptBody {
        KeptBody {
            actual: self.maybe(&body.actual),
            line: body.line,
            nt_decorated: body.nt_decorated,
            services: body.services.iter().map(|s| self.service(s)).collect(),
            copy_files: self.copy_list(&body.copy_files),
            copy_inf: body.copy_inf.clone(),
            includes: self.texts(&body.includes),
            needs: self.texts(&body.needs),
            feature_score: body.feature_score,
            driver_ver: body.driver_ver.clone(),
            net: self.net(&body.net),
            registry_ids: (body.registry_ids.iter())
                .map(|id| Located { value: self.text(id.value.as_str()), line: id.line })
                .collect(),
            filters: body.filters.clone(),
            co_installers: body.co_installers.clone(),
            kmdf_library: body.kmdf_library.clone(),
            boot_flags: body.boot_flags.clone(),
        }
    }

    fn service(&mut self, service: &'a ServiceInstall) -> KeptService {
        KeptService {
            name: self.text(&service.name),
            flags: service.flags,
            associated: service.associated,
            section: self.text(&service.section),
            binary: self.located(&service.binary),
            service_type: service.service_type,
            start_type: service.start_type,
            load_order_group: self.maybe(&service.load_order_group),
            line: service.line,
        }
    }

    fn copy_list(&mut self, list: &'a Arc<[CopiedFile]>) -> u32 {
        let place = (list.as_ptr().addr(), list.len());
        if let Some(number) = self.copies.numbers.get(&place) {
            return *number;
        }
        let files = list.iter().map(|file| KeptCopy {
            destination: self.text(&file.destination),
            source: self.text(&file.source),
            source_folder: self.maybe(&file.source_folder),
            cabinet: self.maybe(&file.cabinet),
            line: file.line,
        });
        let files: Vec<KeptCopy> = files.collect();
        self.copies.number(place, || files)
    }

    fn net(&mut self, net: &'a NetInstall) -> KeptNet {
        KeptNet {
            characteristics: net.characteristics.clone(),
            bus_type: net.bus_type.clone(),
            if_type: net.if_type.clone(),
            media_type: net.media_type.clone(),
            physical_media_type: net.physical_media_type.clone(),
            upper_range: self.located(&net.upper_range),
            lower_range: self.located(&net.lower_range),
            ndi_service: self.located(&net.ndi_service),
            filter_class: self.located(&net.filter_class),
            net_adapter_cx: net.net_adapter_cx,
        }
    }
}

impl<'a> KeptPackage<'a> {
    /// The form to be kept; `None` for a package with a problem of an unknown kind, as after a failure of the reader.
    pub fn of(package: &'a DriverPackage) -> Option<Self> {
        let problems = package.problems.iter().map(|p| {
            let kind = KINDS.iter().position(|(kind, _)| *kind == p.kind)?;
            let kind = u32::try_from(kind).ok()?;
            Some(KeptProblem { line: p.line, column: p.column, kind, message: p.message.clone(), fatal: p.fatal })
        });
        let problems = problems.collect::<Option<Vec<_>>>()?;
        let mut writer = Writer::default();
        let models_sections = package.models_sections.iter().map(|s| writer.models(s)).collect();
        let install_sections = package.install_sections.iter().map(|s| writer.section(s)).collect();
        Some(Self {
            version: package.version.clone(),
            manufacturers: package.manufacturers.clone(),
            models_sections,
            install_sections,
            copy_inf: package.copy_inf.clone(),
            has_class_install: package.has_class_install,
            problems,
            texts: writer.texts.list,
            copies: writer.copies.list,
            bodies: writer.bodies.list,
        })
    }

    /// The package; `None` when a number leads nowhere: the bytes were not written by [`KeptPackage::of`].
    pub fn package(self) -> Option<DriverPackage> {
        let mut reader = Reader { texts: self.texts.into_iter().map(Arc::from).collect(), copies: Vec::new() };
        for list in self.copies {
            let list = list.into_iter().map(|file| reader.copied_file(file)).collect::<Option<Arc<[CopiedFile]>>>()?;
            reader.copies.push(list);
        }
        let bodies = self.bodies.into_iter().map(|body| reader.body(body).map(Arc::new));
        let bodies = bodies.collect::<Option<Vec<_>>>()?;
        let sections = self.install_sections.into_iter().map(|(name, arch, body)| {
            let body = Arc::clone(bodies.get(body as usize)?);
            Some(InstallSection { name: reader.text(name)?, arch, body })
        });
        let install_sections = sections.collect::<Option<Vec<_>>>()?;
        let models = self.models_sections.into_iter().map(|section| {
            let models = section.models.into_iter().map(|model| reader.model(model)).collect::<Option<Vec<_>>>()?;
            Some(ModelsSection { name: section.name, line: section.line, models })
        });
        let problems = self.problems.into_iter().map(|p| {
            let (kind, _) = KINDS.get(p.kind as usize)?;
            Some(InfProblem { line: p.line, column: p.column, kind, message: p.message, fatal: p.fatal })
        });
        Some(DriverPackage {
            version: self.version,
            manufacturers: self.manufacturers,
            models_sections: models.collect::<Option<Vec<_>>>()?,
            install_sections,
            copy_inf: self.copy_inf,
            has_class_install: self.has_class_install,
            problems: problems.collect::<Option<Vec<_>>>()?,
        })
    }
}

struct Reader {
    texts: Vec<Arc<str>>,
    copies: Vec<Arc<[CopiedFile]>>,
}

impl Reader {
    fn text(&self, number: Text) -> Option<Arc<str>> {
        self.texts.get(number as usize).cloned()
    }

    /// `Some(None)` = there was none.
    fn maybe(&self, number: Option<Text>) -> Option<Option<Arc<str>>> {
        number.map_or(Some(None), |n| self.text(n).map(Some))
    }

    fn texts(&self, numbers: Vec<Text>) -> Option<Vec<Arc<str>>> {
        numbers.into_iter().map(|n| self.text(n)).collect()
    }

    fn located(&self, text: Option<Located<Text>>) -> Option<Option<Located<Arc<str>>>> {
        text.map_or(Some(None), |t| Some(Some(Located { value: self.text(t.value)?, line: t.line })))
    }

    fn id(&self, number: Text) -> Option<HardwareId> {
        self.text(number).map(HardwareId::from_shared)
    }

    fn model(&self, model: KeptModel) -> Option<Model> {
        let ids = model.first_id.into_iter().chain(model.more_ids).map(|id| self.id(id));
        Some(Model {
            description: self.text(model.description)?,
            install_section: self.text(model.install_section)?,
            ids: ids.collect::<Option<ModelIds>>()?,
            compatible_only: model.compatible_only,
            line: model.line,
        })
    }

    fn body(&self, body: KeptBody) -> Option<InstallBody> {
        let ids = body.registry_ids.into_iter().map(|id| Some(Located { value: self.id(id.value)?, line: id.line }));
        Some(InstallBody {
            actual: self.maybe(body.actual)?,
            line: body.line,
            nt_decorated: body.nt_decorated,
            services: body.services.into_iter().map(|s| self.service(s)).collect::<Option<Vec<_>>>()?,
            copy_files: Arc::clone(self.copies.get(body.copy_files as usize)?),
            copy_inf: body.copy_inf,
            includes: self.texts(body.includes)?,
            needs: self.texts(body.needs)?,
            feature_score: body.feature_score,
            driver_ver: body.driver_ver,
            net: self.net(body.net)?,
            registry_ids: ids.collect::<Option<Vec<_>>>()?,
            filters: body.filters,
            co_installers: body.co_installers,
            kmdf_library: body.kmdf_library,
            boot_flags: body.boot_flags,
        })
    }

    fn service(&self, service: KeptService) -> Option<ServiceInstall> {
        Some(ServiceInstall {
            name: self.text(service.name)?,
            flags: service.flags,
            associated: service.associated,
            section: self.text(service.section)?,
            binary: self.located(service.binary)?,
            service_type: service.service_type,
            start_type: service.start_type,
            load_order_group: self.maybe(service.load_order_group)?,
            line: service.line,
        })
    }

    fn copied_file(&self, file: KeptCopy) -> Option<CopiedFile> {
        Some(CopiedFile {
            destination: self.text(file.destination)?,
            source: self.text(file.source)?,
            source_folder: self.maybe(file.source_folder)?,
            cabinet: self.maybe(file.cabinet)?,
            line: file.line,
        })
    }

    fn net(&self, net: KeptNet) -> Option<NetInstall> {
        Some(NetInstall {
            characteristics: net.characteristics,
            bus_type: net.bus_type,
            if_type: net.if_type,
            media_type: net.media_type,
            physical_media_type: net.physical_media_type,
            upper_range: self.located(net.upper_range)?,
            lower_range: self.located(net.lower_range)?,
            ndi_service: self.located(net.ndi_service)?,
            filter_class: self.located(net.filter_class)?,
            net_adapter_cx: net.net_adapter_cx,
        })
    }
}
